#include <simulation/client.hpp>

#include <algorithm>
#include <utility>

#include <support/print.hpp>

namespace taskwire::simulation {

namespace on = proto::recovery_event;
namespace event = proto::event;
namespace x = spec::exchange;
namespace q = spec::queue;
using namespace std::chrono_literals;

namespace {

/// The channel that an event is about; number 0: the connection.
proto::channel_id channel_of(const proto::any_event& any) {
    return std::visit(
        [](const auto& each) -> proto::channel_id {
            if constexpr (requires { each.channel; })
                return each.channel;
            else
                return {};
        },
        any);
}

} // namespace

/// What must be true of an event before anybody has acted on it.
void client::judge_event(const proto::any_event& any) {
    log_.add(any.index());
    const auto where = channel_of(any);
    log_.add(where.epoch);
    if (std::holds_alternative<event::failed>(any))
        return; // of any channel, also after the end
    check(!closed_, "closed is the last event");
    if (std::exchange(opened_, opened_ || std::holds_alternative<event::opened>(any)))
        check(!std::holds_alternative<event::opened>(any), "a connection opens once");
    if (where.number != 0)
        check(std::find(channels_.begin(), channels_.end(), where) != channels_.end(),
              "an event is about a channel that was opened and has not ended");
    if (std::holds_alternative<event::closed>(any)) {
        check(channels_.empty(), "every channel ends before its connection");
        check(asked_.empty(), "every request ends before its connection");
    }
}

void client::on_event(const proto::any_event& any, time_point now) {
    if (log_.printing())
        log_.print(now, name_, test::text_of(any));
    if (const auto* reply = std::get_if<event::reply>(&any)) {
        on_reply(*reply, now);
    } else if (const auto* failed = std::get_if<event::failed>(&any)) {
        on_failed(*failed, now);
    } else if (std::holds_alternative<event::opened>(any)) {
        act(recovery_.next(on::opened{}, now), now);
    } else if (const auto* delivery = std::get_if<event::delivery>(&any)) {
        for (auto& each : workers_)
            if (each.channel() == delivery->channel)
                return each.on_delivery(*delivery, now);
        check(false, "a delivery finds its consumer");
    } else if (const auto* returned = std::get_if<event::returned>(&any)) {
        producer_->on_returned(*returned);
    } else if (const auto* settled = std::get_if<event::settled>(&any)) {
        producer_->on_settled(*settled, now);
    } else if (const auto* cancelled = std::get_if<event::consumer_cancelled>(&any)) {
        for (auto& each : workers_)
            if (each.channel() == cancelled->channel)
                return each.on_cancelled(now);
    } else if (const auto* flow = std::get_if<event::flow>(&any)) {
        if (producer_ && producer_->channel() == flow->channel)
            producer_->on_flow(flow->active);
    } else if (const auto* ended = std::get_if<event::channel_closed>(&any)) {
        on_channel_closed(*ended, now);
    } else if (const auto* closed = std::get_if<event::closed>(&any)) {
        on_closed(*closed->reason, now);
    }
}

void client::ask(proto::request_id request, purpose why, std::size_t who) {
    for (const auto& each : asked_)
        check(each.request != request, "a request has a number of its own");
    asked_.push_back({request, why, who});
}

client::asked client::answered(proto::request_id request) {
    const auto found = std::find_if(asked_.begin(), asked_.end(),
                                    [&](const asked& each) { return each.request == request; });
    check(found != asked_.end(), "a request ends once");
    const auto which = *found;
    asked_.erase(found);
    return which;
}

proto::channel_id client::open_channel(purpose why, std::size_t who, time_point now) {
    const auto opened = machine_->open_channel(now);
    ask(opened.request, why, who);
    if (opened.channel.number != 0)
        channels_.push_back(opened.channel);
    return opened.channel;
}

void client::on_reply(const event::reply& reply, time_point now) {
    const auto what = answered(reply.request);
    switch (what.why) {
    case purpose::control_open:
        control_is_open_ = true;
        return control_next(now);
    case purpose::control_step:
        return on_control_reply(reply, now);
    case purpose::producer_open:
        return producer_->on_opened(now);
    case purpose::producer_select:
        return producer_->on_selected();
    case purpose::worker_open:
        return workers_[what.who].on_opened(now);
    case purpose::worker_qos:
        return workers_[what.who].on_qos(now);
    case purpose::worker_consume: {
        spec::basic::consume_ok method;
        wire::reader in{reply.arguments};
        check(wire::decode(in, method), "consume-ok can be decoded");
        return workers_[what.who].on_consuming(method.consumer_tag);
    }
    case purpose::worker_cancel:
        return workers_[what.who].on_cancelled(now);
    }
}

/// All but the opening of a channel take their channel along, which tells its owner.
void client::on_failed(const event::failed& failed, time_point now) {
    check(static_cast<bool>(failed.code), "a failure has a reason");
    const auto what = answered(failed.request);
    if (failed.channel.number != 0 || closed_)
        return;
    if (what.why == purpose::control_open)
        control_at_ = now + 200ms;
    else if (what.why == purpose::producer_open)
        producer_->on_open_failed(now);
    else if (what.why == purpose::worker_open)
        workers_[what.who].on_open_failed(now);
}

void client::on_channel_closed(const event::channel_closed& closed, time_point now) {
    std::erase(channels_, closed.channel);
    record_.forget_channel(closed.channel);
    if (closed.channel == control_) {
        if (step_due_ && replaying_) {
            check(closed.reason->code != reply_code::not_found ||
                      !record_.replay().failures.empty(),
                  "a replay in which nothing has failed names what is there");
            record_.step_failed(*closed.reason);
        }
        constexpr std::size_t own_queue_step = 4;
        if (step_due_ && !replaying_ && closed.reason->code == reply_code::not_found)
            setup_done_ = own_queue_step; // it could not be declared again: begin with a new one
        control_is_open_ = step_due_ = false;
        control_ = {};
        if (recovery_.state() == proto::recovery_state::replaying)
            control_at_ = now + 10ms;
    }
    if (producer_ && producer_->channel() == closed.channel)
        producer_->on_channel_closed(now);
    for (auto& each : workers_)
        if (each.channel() == closed.channel)
            each.on_channel_closed(now);
}

void client::on_closed(const proto::close_reason& why, time_point now) {
    closed_ = true;
    const auto reason = why; // it dies with the machine
    if (log_.printing())
        log_.print(now, name_, "closed: " + test::text_of(reason.code) + " " + reason.text);
    if (link_ != nullptr) {
        constexpr std::size_t close_ok_size = 12;
        check(!reason.by_peer || reason.code.category() != reply_category() ||
                  machine_->queued_bytes() >= close_ok_size,
              "connection.close is answered");
        write_rest(now);
        link_->to_broker.finish(now);
        check(reason.code != errc::heartbeat_missed || link_->faulty,
              "a connection that is alive is not taken for dead");
        link_ = nullptr;
    }
    check(reason.code != errc::unexpected_method && reason.code != errc::unexpected_frame &&
              reason.code != errc::malformed_method && reason.code != errc::bad_frame_end,
          "the client does not blame a broker that keeps the rules");
    epoch_next_ = machine_->next_epoch();
    check(machine_->poll() == nullptr && machine_->deadline() == never,
          "a closed machine wants nothing more");
    machine_.reset();
    writing_ = 0;
    written_at_ = control_at_ = never;
    if (recovery_.state() == proto::recovery_state::ended)
        return;
    if (recovery_.state() == proto::recovery_state::connecting)
        act(recovery_.next(on::connect_failed{reason}, now), now);
    else
        act(recovery_.next(on::lost{reason}, now), now);
}

void client::open_control(time_point now) {
    control_at_ = never;
    control_ = open_channel(purpose::control_open, 0, now);
}

/// The replay of what is recorded, then what is not set up yet, one request at a time.
void client::control_next(time_point now) {
    auto method = record_.next_step();
    replaying_ = method.has_value();
    if (!method)
        method = setup_step();
    if (method) {
        step_due_ = true;
        ask(machine_->request(control_, std::move(*method), now), purpose::control_step, 0);
    } else if (recovery_.state() == proto::recovery_state::replaying) {
        act(recovery_.next(on::replayed{}, now), now);
    }
}

std::optional<proto::encoded_method> client::setup_step() const {
    using proto::encode_method;
    switch (setup_done_) {
    case 0:
        return encode_method(x::declare{.exchange = "in", .type = "direct", .durable = true});
    case 1:
        return encode_method(q::declare{.queue = "jobs", .durable = true});
    case 2:
        return encode_method(q::bind{"jobs", "in", "jobs", {}});
    case 3:
        if (options_.extra_topology)
            return encode_method(x::declare{.exchange = "extra", .type = "direct"});
        return std::nullopt;
    case 4:
        return encode_method(q::declare{.exclusive = true});
    case 5:
        return encode_method(q::bind{own_queue_, "extra", own_queue_, {}});
    default:
        return std::nullopt;
    }
}

void client::on_control_reply(const event::reply& reply, time_point now) {
    step_due_ = false;
    if (replaying_) {
        if (const auto renamed = record_.step_succeeded(reply.arguments)) {
            if (renamed->old_name == own_queue_) // else one that was given up for this one
                own_queue_ = renamed->new_name;
        }
        return control_next(now);
    }
    record_.note(control_, *setup_step(), reply.arguments);
    if (setup_done_++ == 4)
        own_queue_ = record_.last_declared_queue(control_);
    control_next(now);
}

} // namespace taskwire::simulation
