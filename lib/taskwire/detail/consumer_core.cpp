#include <taskwire/detail/consumer_core.hpp>

#include <algorithm>

namespace taskwire::detail {

void consumer_core::start(std::shared_ptr<channel_core> channel, operation_id operation,
                          close_callback done) {
    channel_ = std::move(channel);
    const spec::basic::qos qos{.prefetch_count = options_.prefetch_count};
    channel_->request(proto::encode_method(qos), operation,
                      [self = shared_from_this(), operation, done = std::move(done)](
                          const failure& what, const proto::event::reply*) mutable {
                          if (what)
                              return done(what);
                          self->consume(operation, std::move(done));
                      });
}

/// The consumer is registered while the reply is handled, before any delivery can follow it.
void consumer_core::consume(operation_id operation, close_callback done) {
    const spec::basic::consume consume{
        .queue = queue_name_, .no_ack = options_.no_ack, .exclusive = options_.exclusive};
    channel_->request(proto::encode_method(consume), operation,
                      [self = shared_from_this(), on = channel_, done = std::move(done)](
                          const failure& what, const proto::event::reply* reply) mutable {
                          if (what)
                              return done(what);
                          spec::basic::consume_ok method;
                          wire::reader in{reply->arguments};
                          wire::decode(in, method);
                          if (self->ended_) { // told to stop meanwhile
                              const spec::basic::cancel cancel{.consumer_tag = method.consumer_tag};
                              on->request(proto::encode_method(cancel), 0,
                                          [](const failure&, const proto::event::reply*) {});
                              return done(self->ended_);
                          }
                          on->detach(self->consumer_tag_);
                          self->consumer_tag_ = method.consumer_tag;
                          self->is_consuming_ = true;
                          on->attach(self->consumer_tag_, self);
                          done({});
                      });
}

void consumer_core::next(operation_id operation, delivery_callback done) {
    if (has_ready())
        return done({}, take());
    if (ended_)
        return done(ended_, {});
    waiters_.push_back({operation, std::move(done)});
}

delivery consumer_core::take() {
    auto first = ready_.pop_front();
    ready_bytes_ -= first.size();
    return first;
}

void consumer_core::request(proto::encoded_method method, operation_id operation,
                            reply_callback done) {
    if (!channel_)
        return done({errc::channel_closed}, nullptr);
    channel_->request(std::move(method), operation, std::move(done));
}

void consumer_core::stop(operation_id operation, close_callback done) {
    if (ended_)
        return done({});
    if (!is_consuming_) { // between two channels, or between two consumers
        if (channel_)
            channel_->detach(consumer_tag_);
        end({errc::consumer_cancelled});
        return done({});
    }
    is_stopping_ = true;
    const spec::basic::cancel cancel{.consumer_tag = consumer_tag_};
    channel_->request(proto::encode_method(cancel), operation,
                      [self = shared_from_this(), on = channel_, done = std::move(done)](
                          const failure& what, const proto::event::reply*) mutable {
                          if (what)
                              return done(what);
                          on->detach(self->consumer_tag_);
                          self->end({errc::consumer_cancelled});
                          done({});
                      });
}

void consumer_core::close(operation_id operation, close_callback done) {
    const auto on = channel_;
    if (!on || on->reason()) {
        end({errc::channel_closed});
        return done({});
    }
    is_closing_ = true;
    on->close(operation, std::move(done));
}

void consumer_core::release(std::shared_ptr<void> held) {
    close(0, [held = std::move(held)](const failure&) {});
}

void consumer_core::cancel(operation_id operation) {
    for (std::size_t i = 0; i < waiters_.size(); ++i)
        if (waiters_[i].operation == operation && waiters_[i].done)
            return waiters_[i].done({asio::error::operation_aborted}, {});
    if (channel_)
        channel_->cancel(operation);
}

void consumer_core::abandon() {
    on_ended_ = {};
    waiters_.clear();
}

void consumer_core::on_delivery(const proto::event::delivery& arrived) {
    pause_ = {};
    delivery message{arrived.channel, arrived.method, *arrived.message};
    while (!waiters_.empty())
        if (auto first = waiters_.pop_front(); first.done)
            return first.done({}, std::move(message));
    if (ended_)
        return; // the channel is on its way out
    if (ready_.size() >= options_.delivery_count_max)
        return overflow("delivery_count_max (" + std::to_string(options_.delivery_count_max) + ")");
    if (!ready_.empty() && ready_bytes_ + message.size() > options_.delivery_bytes_max)
        return overflow("delivery_bytes_max (" + std::to_string(options_.delivery_bytes_max) +
                        ") bytes of");
    ready_bytes_ += message.size();
    ready_.push_back(std::move(message));
}

/// The broker sends faster than anybody takes: the channel goes before the memory does.
void consumer_core::overflow(std::string_view limit) {
    close_reason why{errc::channel_closed,
                     "more than " + std::string{limit} + " deliveries waited to be taken", false,
                     spec::basic::deliver::id};
    end({why.code, std::make_shared<const close_reason>(std::move(why))});
    channel_->owner().close_channel(channel_->id());
}

void consumer_core::on_cancelled_by_broker() {
    is_consuming_ = false;
    if (options_.on_cancel == on_cancel::end)
        return end({errc::consumer_cancelled});
    consume_again();
}

/// The pause grows until a delivery comes: a queue without a leader may cancel us over and over.
void consumer_core::consume_again() {
    channel_->attach(consumer_tag_, shared_from_this()); // it still lives and dies with it
    pause_ = pause_.count() == 0 ? options_.consume_again_pause
                                 : std::min(pause_ * 2, options_.consume_again_pause_max);
    again_.expires_after(pause_);
    again_.async_wait([self = shared_from_this(), on = channel_](std::error_code stopped) {
        if (stopped || self->ended_ || self->channel_ != on || on->reason())
            return;
        self->consume(0, [](const failure&) {}); // a refusal closes the channel
    });
}

/// The broker delivers again what was not acknowledged, so what waits here is void.
void consumer_core::on_closed() {
    is_consuming_ = false;
    again_.cancel();
    pause_ = {};
    if (!options_.no_ack) {
        ready_.clear();
        ready_bytes_ = 0;
    }
    const bool is_kept = on_ended_ && !is_closing_ && channel_->owner().has_ended();
    if (!is_kept)
        end(channel_->closed_failure());
    else if (is_stopping_) // it was told to: it must not begin anew
        end({errc::consumer_cancelled});
}

void consumer_core::end(failure why) {
    if (!ended_ || (channel_ && channel_->reason() && !ended_.reason))
        ended_ = std::move(why);
    again_.cancel();
    if (const auto tell = std::exchange(on_ended_, {}))
        tell();
    while (!waiters_.empty())
        if (auto first = waiters_.pop_front(); first.done)
            first.done(ended_, {});
}

asio::awaitable<delivery> wait_next(std::shared_ptr<consumer_core> core) {
    auto& queue = core->queue();
    if (queue.on_strand() && core->has_ready() && queue.may_go_on())
        co_return core->take();
    auto arrived = co_await initiate<delivery>(
        core, asio::use_awaitable, [](consumer_core& self, operation_id operation, auto done) {
            self.next(operation, std::move(done));
        });
    co_return arrived;
}

template <class Method>
asio::awaitable<settle_result> settle(std::shared_ptr<consumer_core> core, proto::channel_id where,
                                      Method method) {
    if (core->queue().on_strand())
        co_return to_settle_result(core->settle(where, method));
    const auto result = co_await initiate_value<settle_result>(
        core, asio::use_awaitable, [method, where](consumer_core& self, operation_id, auto done) {
            done(to_settle_result(self.settle(where, method)));
        });
    co_return result;
}

template asio::awaitable<settle_result> settle(std::shared_ptr<consumer_core>, proto::channel_id,
                                               spec::basic::ack);
template asio::awaitable<settle_result> settle(std::shared_ptr<consumer_core>, proto::channel_id,
                                               spec::basic::nack);
template asio::awaitable<settle_result> settle(std::shared_ptr<consumer_core>, proto::channel_id,
                                               spec::basic::reject);

void open_consumer(session& on, std::string queue, const consumer_options& options,
                   operation_id operation, consumer_callback done) {
    auto core = std::make_shared<consumer_core>(on.queue(), std::move(queue), options);
    on.open_channel(
        operation, [core = std::move(core), operation, done = std::move(done)](
                       const failure& what, const std::shared_ptr<channel_core>& channel) mutable {
            if (what)
                return done(what, nullptr);
            core->start(channel, operation,
                        [core, channel, done = std::move(done)](const failure& fault) mutable {
                            if (fault)
                                channel->release();
                            done(fault, fault ? nullptr : core);
                        });
        });
}

} // namespace taskwire::detail
