#include <taskwire/proto/connection.hpp>

#include <utility>

/// Frames on their way to events: which method, on which channel, with which content.
namespace taskwire::proto {

void connection::on_frame(const frame& in) {
    switch (in.type) {
    case frame_type::heartbeat:
        if (in.channel != 0)
            violate(reply_code::command_invalid, errc::unexpected_frame,
                    "heartbeat on a numbered channel", {});
        else if (!in.payload.empty())
            violate(reply_code::frame_error, errc::unexpected_frame, "heartbeat with a payload",
                    {});
        return;
    case frame_type::method:
        return on_method_frame(in);
    case frame_type::header:
    case frame_type::body:
        return on_content_frame(in);
    }
}

void connection::on_method_frame(const frame& in) {
    if (in.payload.size() < 4)
        return violate(reply_code::frame_error, errc::malformed_method, "a method without its id",
                       {});
    const auto packed = wire::load<std::uint32_t>(in.payload.data());
    const method_id id{static_cast<std::uint16_t>(packed >> 16U),
                       static_cast<std::uint16_t>(packed & 0xffffU)};
    const auto arguments = in.payload.substr(4);
    const auto* info = spec::find_method(id);
    if (info == nullptr)
        return violate(
            reply_code::command_invalid, errc::unknown_method,
            "method " + std::to_string(id.class_id) + "," + std::to_string(id.method_number), id);

    auto* where = in.channel < channels_.size() ? channels_[in.channel].get() : nullptr;
    const auto verdict =
        in.channel == 0
            ? connection_legality(state_, *info)
            : (state_ == connection_state::closing
                   ? legality::discard
                   : channel_legality(where ? where->state : channel_state::free, *info));
    switch (verdict) {
    case legality::discard:
        return;
    case legality::command_invalid:
        return violate(reply_code::command_invalid, errc::unexpected_method, info->name, id);
    case legality::channel_error:
        return violate(reply_code::channel_error, errc::unknown_channel,
                       std::string{info->name} + " on channel " + std::to_string(in.channel), id);
    case legality::legal:
        break;
    }
    if (in.channel == 0)
        return on_connection_method(*info, arguments);
    if (where->incoming.active() && where->state == channel_state::open &&
        id != spec::channel::close::id)
        return violate(reply_code::unexpected_frame, errc::unexpected_frame,
                       std::string{info->name} + " inside a message", id);
    on_channel_method(*where, *info, arguments);
}

void connection::on_channel_method(channel& where, const spec::method_info& info,
                                   std::string_view args) {
    namespace ch = spec::channel;
    namespace b = spec::basic;
    if (info.has_content) {
        views_into_input(where);
        return where.incoming.begin(info.id, args);
    }
    switch (info.id.packed()) {
    case b::ack::id.packed():
        if (b::ack method; decode(args, method))
            on_confirm(where, method.delivery_tag, method.multiple, false);
        return;
    case b::nack::id.packed():
        if (b::nack method; decode(args, method))
            on_confirm(where, method.delivery_tag, method.multiple, true);
        return;
    case b::cancel::id.packed():
        return on_server_cancel(where, args);
    case ch::flow::id.packed():
        if (ch::flow method; decode(args, method) && answer_peer()) {
            write(where.id.number, ch::flow_ok{method.active});
            where.flow_active = method.active;
            event_ = event::flow{where.id, method.active};
        }
        return;
    case ch::close::id.packed():
        if (ch::close method; decode(args, method))
            on_channel_close(where, method);
        return;
    case ch::close_ok::id.packed():
        return on_channel_close_ok(where);
    default:
        return on_reply(where, info.id, args, nullptr);
    }
}

/// The assembly of `where` is about to look into the input buffer; only one does at a time, and it
/// is spilled before the buffer is reused.
void connection::views_into_input(channel& where) {
    if (assembling_ != nullptr && assembling_ != &where)
        assembling_->incoming.spill();
    assembling_ = &where;
}

/// Source: AMQP 0-9-1, 1.8.3.13; RabbitMQ's confirms.
void connection::on_confirm(channel& where, std::uint64_t tag, bool multiple, bool nacked) {
    if (multiple) {
        settling_ = {where.id, tag == 0 ? ~std::uint64_t{0} : tag, nacked, true};
        next_settled();
    } else if (where.unconfirmed.settle(tag)) {
        event_ = event::settled{where.id, tag, tag, nacked};
    }
}

void connection::on_server_cancel(channel& where, std::string_view args) {
    spec::basic::cancel method;
    if (!decode(args, method))
        return;
    const bool no_wait = (static_cast<unsigned char>(args.back()) & 1U) != 0;
    if (!no_wait) {
        if (!answer_peer())
            return;
        write(where.id.number, spec::basic::cancel_ok{method.consumer_tag});
    }
    where.forget_consumer(method.consumer_tag);
    event_ = event::consumer_cancelled{where.id, method.consumer_tag};
}

/// Counts an answer that the peer asked for; false, with the connection dead, when it asks on and
/// on without reading them.
bool connection::answer_peer() {
    if (++unsent_replies_ <= options_.unsent_replies_max)
        return true;
    polite_ = false;
    die({errc::unexpected_method, "the peer demands answers but does not read them", false, {}});
    return false;
}

/// Likewise for an acknowledgement: a peer that keeps to its prefetch waits for them.
bool connection::note_settlement() {
    if (++unsent_settlements_ <= options_.unsent_settlements_max)
        return true;
    polite_ = false;
    die({errc::unexpected_method, "the peer delivers but does not read acknowledgements", false,
         spec::basic::deliver::id});
    return false;
}

void connection::on_reply(channel& where, method_id method, std::string_view args,
                          const content* message) {
    const auto* info = spec::find_method(method);
    if (where.requests.empty() || !where.requests.front().sent ||
        !answers(where.requests.front().method, method))
        return violate(reply_code::command_invalid, errc::unexpected_method,
                       std::string{info->name} + " answers nothing that was asked", method);
    spec::any_method decoded;
    wire::reader in{args, options_.table_depth_max};
    if (!spec::decode_method(method, in, decoded))
        return violate(reply_code::syntax_error, in.fault(),
                       "arguments of " + std::string{info->name}, method);

    const auto request = where.requests.pop_front();
    forget_answered_timers();
    namespace b = spec::basic;
    if (method == spec::channel::open_ok::id) {
        where.state = channel_state::open;
    } else if (const auto* consumer = std::get_if<b::consume_ok>(&decoded)) {
        b::consume asked;
        wire::reader own{request.arguments};
        wire::decode(own, asked);
        where.note_consumer(consumer->consumer_tag, asked.no_ack);
    } else if (const auto* cancelled = std::get_if<b::cancel_ok>(&decoded)) {
        where.forget_consumer(cancelled->consumer_tag);
    } else if (const auto* got = std::get_if<b::get_ok>(&decoded)) {
        b::get asked;
        wire::reader own{request.arguments};
        wire::decode(own, asked);
        where.note_got(asked.no_ack, got->delivery_tag);
    } else if (method == b::recover_ok::id) {
        where.recovering = false;
    }
    event_ = event::reply{where.id, request.id, method, args, message};
    send_next_request(where);
}

void connection::on_content_frame(const frame& in) {
    auto* where = in.channel < channels_.size() ? channels_[in.channel].get() : nullptr;
    if (state_ == connection_state::closing)
        return;
    if (in.channel == 0 || where == nullptr)
        return violate(reply_code::channel_error, errc::unknown_channel,
                       "content on channel " + std::to_string(in.channel), {});
    if (where->state == channel_state::closing || where->state == channel_state::dying)
        return;
    if (!where->incoming.active())
        return violate(reply_code::unexpected_frame, errc::unexpected_frame,
                       "content without its method", {});
    if (in.type == frame_type::header)
        views_into_input(*where);
    const auto fault = in.type == frame_type::header
                           ? where->incoming.add_header(in.payload, options_)
                           : where->incoming.add_body(in.payload);
    if (fault == reply_code::content_too_large)
        return too_large(*where);
    if (fault) {
        const bool of_header = in.type == frame_type::header;
        const auto what = of_header                               ? errc::malformed_header
                          : fault == reply_code::unexpected_frame ? errc::unexpected_frame
                                                                  : errc::body_overrun;
        return violate(static_cast<reply_code>(fault.value()), what,
                       of_header ? "content header" : "content body", where->incoming.method());
    }
    if (where->incoming.complete())
        on_content(*where);
}

void connection::on_content(channel& where) {
    namespace b = spec::basic;
    if (assembling_ == &where)
        assembling_ = nullptr;
    reported_message_ = &where;
    const auto& message = where.incoming.message();
    const auto arguments = where.incoming.arguments();
    switch (where.incoming.method().packed()) {
    case b::deliver::id.packed():
        if (b::deliver method; decode(arguments, method)) {
            where.note_delivery(method.consumer_tag, method.delivery_tag);
            event_ = event::delivery{where.id, method, &message};
        }
        return;
    case b::return_::id.packed():
        if (b::return_ method; decode(arguments, method)) {
            event_ = event::returned{where.id, returned_sequence(where), method, &message};
        }
        return;
    default:
        return on_reply(where, where.incoming.method(), arguments, &message);
    }
}

/// The publish that a return is about. Its confirm comes later, so a number that is not outstanding
/// is not ours: a received message that was sent on may carry one from elsewhere.
std::uint64_t connection::returned_sequence(const channel& where) {
    const auto& headers = where.incoming.message().properties.headers;
    const auto own = headers ? headers->find(return_correlation_header) : std::nullopt;
    const auto number = own ? own->as_integer().value_or(0) : 0;
    const auto sequence = static_cast<std::uint64_t>(number);
    return where.unconfirmed.is_outstanding(sequence) ? sequence : 0;
}

/// A body above our own limit costs its channel, not the connection.
void connection::too_large(channel& where) {
    where.incoming.end();
    start_channel_close(where, reply_code::content_too_large, "a body exceeds the consumer's limit",
                        {errc::message_too_large,
                         "a body exceeds message_size_max (" +
                             std::to_string(options_.message_size_max) + " bytes)",
                         false, where.incoming.method()},
                        now_);
}

void connection::on_channel_close(channel& where, const spec::channel::close& method) {
    if (!answer_peer())
        return;
    write(where.id.number, spec::channel::close_ok{});
    if (where.state == channel_state::closing)
        return; // the closes cross: our close-ok is still due
    where.incoming.end();
    where.reason = {static_cast<reply_code>(method.reply_code),
                    std::string{method.reply_text},
                    true,
                    {method.class_id, method.method_id}};
    if (!where.reason.code) // a peer that says 0 must not make it look like our own wish
        where.reason.code = errc::channel_closed;
    where.state = channel_state::dying;
    dying_.push_back(where.id);
}

void connection::on_channel_close_ok(channel& where) {
    where.state = channel_state::dying;
    dying_.push_back(where.id);
}

} // namespace taskwire::proto
