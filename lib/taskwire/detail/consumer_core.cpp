#include <taskwire/detail/consumer_core.hpp>

namespace taskwire::detail {

void consumer_core::start(std::string_view queue, operation_id operation, close_callback done) {
    const spec::basic::qos qos{.prefetch_count = options_.prefetch_count};
    channel_->request(
        proto::encode_method(qos), operation,
        [self = shared_from_this(), queue = std::string{queue}, operation,
         done = std::move(done)](const failure& what, const proto::event::reply*) mutable {
            if (what)
                return done(what);
            self->consume(queue, operation, std::move(done));
        });
}

/// The consumer is registered while the reply is handled, before any delivery can follow it.
void consumer_core::consume(const std::string& queue, operation_id operation, close_callback done) {
    const spec::basic::consume consume{
        .queue = queue, .no_ack = options_.no_ack, .exclusive = options_.exclusive};
    channel_->request(proto::encode_method(consume), operation,
                      [self = shared_from_this(), done = std::move(done)](
                          const failure& what, const proto::event::reply* reply) mutable {
                          if (what)
                              return done(what);
                          spec::basic::consume_ok method;
                          wire::reader in{reply->arguments};
                          wire::decode(in, method);
                          self->consumer_tag_ = method.consumer_tag;
                          self->channel_->attach(self->consumer_tag_, self);
                          done({});
                      });
}

void consumer_core::next(operation_id operation, delivery_callback done) {
    if (!ready_.empty())
        return done({}, ready_.pop_front());
    if (ended_)
        return done(ended_, {});
    waiters_.push_back({operation, std::move(done)});
}

void consumer_core::stop(operation_id operation, close_callback done) {
    if (ended_)
        return done({});
    const spec::basic::cancel cancel{.consumer_tag = consumer_tag_};
    channel_->request(proto::encode_method(cancel), operation,
                      [self = shared_from_this(), done = std::move(done)](
                          const failure& what, const proto::event::reply*) mutable {
                          if (what)
                              return done(what);
                          self->channel_->detach(self->consumer_tag_);
                          self->end({errc::consumer_cancelled});
                          done({});
                      });
}

void consumer_core::cancel(operation_id operation) {
    for (std::size_t i = 0; i < waiters_.size(); ++i)
        if (waiters_[i].operation == operation && waiters_[i].done)
            return waiters_[i].done({asio::error::operation_aborted}, {});
    channel_->cancel(operation);
}

void consumer_core::on_delivery(const proto::event::delivery& arrived) {
    delivery message{arrived.channel, arrived.method, *arrived.message};
    while (!waiters_.empty())
        if (auto first = waiters_.pop_front(); first.done)
            return first.done({}, std::move(message));
    if (ended_)
        return; // the channel is on its way out
    if (ready_.size() >= options_.delivery_count_max)
        return overflow();
    ready_.push_back(std::move(message));
}

/// The broker sends faster than anybody takes: the channel goes before the memory does.
void consumer_core::overflow() {
    close_reason why{errc::channel_closed,
                     "more than delivery_count_max (" +
                         std::to_string(options_.delivery_count_max) +
                         ") deliveries waited to be taken",
                     false, spec::basic::deliver::id};
    end({why.code, std::make_shared<const close_reason>(std::move(why))});
    channel_->owner().close_channel(channel_->id());
}

void consumer_core::on_cancelled_by_broker() {
    end({errc::consumer_cancelled});
}

/// The broker delivers again what was not acknowledged, so what waits here is void.
void consumer_core::on_closed() {
    if (!options_.no_ack)
        ready_.clear();
    end(channel_->closed_failure());
}

void consumer_core::end(failure why) {
    if (!ended_ || (channel_->reason() && !ended_.reason))
        ended_ = std::move(why);
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
        co_return to_settle_result(core->channel().owner().send(where, method));
    const auto result = co_await initiate_value<settle_result>(
        core, asio::use_awaitable, [method, where](consumer_core& self, operation_id, auto done) {
            done(to_settle_result(self.channel().owner().send(where, method)));
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
    on.open_channel(operation,
                    [queue = std::move(queue), options, operation, done = std::move(done)](
                        const failure& what, std::shared_ptr<channel_core> channel) mutable {
                        if (what)
                            return done(what, nullptr);
                        auto core = std::make_shared<consumer_core>(std::move(channel), options);
                        core->start(queue, operation,
                                    [core, done = std::move(done)](const failure& fault) mutable {
                                        if (fault)
                                            core->channel().release();
                                        done(fault, fault ? nullptr : core);
                                    });
                    });
}

} // namespace taskwire::detail
