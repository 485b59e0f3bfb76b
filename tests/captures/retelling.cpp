#include "retelling.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include <support/print.hpp>

namespace taskwire::test {
namespace {

namespace c = spec::connection;
namespace ch = spec::channel;
namespace b = spec::basic;

template <class Method>
std::optional<Method> first_of(const capture& session) {
    for (const auto& each : session.frames) {
        if (each.is_protocol_header() || each.parsed().type != frame_type::method)
            continue;
        const auto method = method_of(each.parsed());
        if (const auto* found = std::get_if<Method>(&method))
            return *found;
    }
    return std::nullopt;
}

/// What the captured client asked for, where our machine asks for such things at all.
proto::connection_options options_of(const capture& session) {
    proto::connection_options options;
    if (const auto start_ok = first_of<c::start_ok>(session))
        options.mechanisms = {std::string{start_ok->mechanism}};
    if (const auto tune_ok = first_of<c::tune_ok>(session)) {
        options.frame_max = std::max<std::uint32_t>(tune_ok->frame_max, 8192);
        options.heartbeat = std::chrono::seconds{tune_ok->heartbeat};
    }
    if (const auto open = first_of<c::open>(session))
        options.virtual_host = open->virtual_host;
    return options;
}

std::string text_of_bytes(const std::string& bytes) {
    return text_of(scan_frame(bytes, any_size).found);
}

/// Adds a header or a body frame; true when the message is complete.
template <class Message>
bool add_content(Message& to, const frame& each) {
    if (each.type == frame_type::body) {
        to.body += each.payload;
    } else {
        const auto header = header_of(each);
        to.properties = header.properties;
        to.size = header.fixed.body_size;
    }
    return to.body.size() == to.size;
}

template <class Method>
constexpr bool is_content = std::same_as<Method, b::deliver> || std::same_as<Method, b::return_> ||
                            std::same_as<Method, b::get_ok>;

} // namespace

retelling::retelling(const capture& session)
    : script_(options_of(session)),
      frame_max_(options_of(session).frame_max),
      heartbeat_(options_of(session).heartbeat) {
    for (const auto& each : session.frames) {
        if (each.is_protocol_header()) {
            script_.expect("AMQP 0 0 9 1");
            continue;
        }
        text_ = text_of(each.parsed());
        if (each.from_client)
            client_frame(each);
        else
            server_frame(each);
    }
}

proto::channel_id retelling::id_of(std::uint16_t number) const {
    return {number, channels_.at(number).epoch};
}

std::string retelling::name_of(std::uint16_t number) const {
    return std::to_string(number) + "." + std::to_string(channels_.at(number).epoch);
}

void retelling::client_frame(const captured_frame& each) {
    const auto found = each.parsed();
    switch (found.type) {
    case frame_type::method:
        return client_method(found.channel, method_of(found));
    case frame_type::heartbeat:
        script_.pass(duration{heartbeat_} / 2).expect("0 heartbeat");
        return;
    default:
        if (auto& sent = from_client_.at(found.channel); add_content(sent, found))
            publish(found.channel, sent);
    }
}

void retelling::client_method(std::uint16_t number, const spec::any_method& any) {
    const auto& text = text_;
    const auto tell = [&]<class Method>(const Method& method) {
        if constexpr (std::same_as<Method, c::start_ok> || std::same_as<Method, c::tune_ok>) {
            script_.expect(text.substr(0, text.find("-ok")) + "-ok...");
        } else if constexpr (std::same_as<Method, c::open>) {
            script_.expect(text);
        } else if constexpr (std::same_as<Method, c::close>) {
            channels_.at(0).closing = true;
            script_.client([](world& w) { w.close(); }).expect("0 connection.close...");
            for (const auto& [open, state] : channels_)
                if (open != 0)
                    script_.event("channel_closed " + name_of(open) + " the connection is closed");
        } else if constexpr (std::same_as<Method, ch::open>) {
            channels_[number] = {++epochs_, ++requests_, false, false, 0, {}};
            script_.client([](world& w) { w.open(); }).expect(text);
        } else if constexpr (std::same_as<Method, ch::close>) {
            channels_.at(number).closing = true;
            script_.client([id = id_of(number)](world& w) { w.close_channel(id); })
                .expect(std::to_string(number) + " channel.close...");
        } else if constexpr (std::same_as<Method, b::publish>) {
            from_client_[number] = {method, text, {}, 0, {}};
        } else if constexpr (proto::requestable<Method>) {
            channels_.at(number).request = ++requests_;
            script_.client([id = id_of(number), method](world& w) { w.request(id, method); })
                .expect(text);
        } else if constexpr (proto::sendable<Method>) {
            script_
                .client([id = id_of(number), method](world& w) { CHECK_FALSE(w.send(id, method)); })
                .expect(text);
        } else {
            // close-ok, cancel-ok, flow-ok: expected where the broker asks for it
            CHECK(proto::is_reply(Method::id));
        }
    };
    std::visit(tell, any);
}

void retelling::publish(std::uint16_t number, const message& sent) {
    auto& where = channels_.at(number);
    const auto method = std::get<b::publish>(sent.method);
    const std::uint64_t sequence = where.confirming ? ++where.published : 0;
    if (sequence != 0)
        where.unconfirmed.insert(sequence);
    script_
        .client([id = id_of(number), method, sent, sequence](world& w) {
            const auto result = w.publish(id, method, sent.body, sent.properties);
            CHECK_FALSE(result.error);
            CHECK(result.sequence == sequence);
        })
        .expect(sent.text);
    auto properties = sent.properties;
    table headers;
    if (sequence != 0 && method.mandatory) { // ours alone, so that a return finds its publish
        headers.append(proto::return_correlation_header, static_cast<std::int64_t>(sequence));
        for (const auto& [name, value] : properties.headers.value_or(table_view{}))
            headers.append(name, value);
        properties.headers = headers;
    }
    script_.expect(text_of_bytes(header(number, sent.size, properties)));
    const auto piece_max = frame_max_ - frame_overhead;
    for (std::size_t begin = 0; begin < sent.body.size(); begin += piece_max)
        script_.expect(text_of_bytes(body(number, sent.body.substr(begin, piece_max))));
}

void retelling::server_frame(const captured_frame& each) {
    const auto found = each.parsed();
    script_.server(each.bytes);
    const auto where = channels_.find(found.channel);
    const bool closing =
        channels_.at(0).closing || where == channels_.end() || where->second.closing;
    if (found.type == frame_type::heartbeat || (closing && !text_.ends_with(".close-ok")))
        return; // what was on its way when we closed is discarded
    if (found.type == frame_type::method)
        return server_method(found.channel, method_of(found));
    if (auto& received = from_server_.at(found.channel); add_content(received, found))
        report_message(found.channel, received);
}

void retelling::server_method(std::uint16_t number, const spec::any_method& any) {
    const auto text = text_.substr(text_.find(' ') + 1);
    const auto tell = [&]<class Method>(const Method& method) {
        if constexpr (std::same_as<Method, c::close_ok>) {
            script_.event("closed none");
        } else if constexpr (std::same_as<Method, c::tune>) {
            tuned_ = true;
        } else if constexpr (std::same_as<Method, c::open_ok>) {
            script_.event("opened");
        } else if constexpr (std::same_as<Method, c::close>) {
            report_end(method);
        } else if constexpr (std::same_as<Method, c::blocked>) {
            script_.event("blocked " + escaped(method.reason));
        } else if constexpr (std::same_as<Method, c::unblocked>) {
            script_.event("unblocked");
        } else if constexpr (std::same_as<Method, ch::close>) {
            const auto code = make_error_code(static_cast<reply_code>(method.reply_code));
            script_.expect(std::to_string(number) + " channel.close-ok");
            report_channel_end(number, code,
                               text_of(code) + " '" + std::string{method.reply_text} +
                                   "' by peer for " + std::to_string(method.class_id) + "," +
                                   std::to_string(method.method_id));
        } else if constexpr (std::same_as<Method, ch::close_ok>) {
            report_channel_end(number, {}, "none");
        } else if constexpr (std::same_as<Method, b::ack>) {
            report_confirm(number, method.delivery_tag, method.multiple, false);
        } else if constexpr (std::same_as<Method, b::nack>) {
            report_confirm(number, method.delivery_tag, method.multiple, true);
        } else if constexpr (std::same_as<Method, b::cancel>) {
            script_.event("consumer_cancelled " + name_of(number) + " " +
                          escaped(method.consumer_tag));
        } else if constexpr (is_content<Method>) {
            from_server_[number] = {method, text, {}, 0, {}};
        } else if constexpr (proto::is_reply(Method::id)) {
            if constexpr (std::same_as<Method, spec::confirm::select_ok>)
                channels_.at(number).confirming = true;
            script_.event("reply " + name_of(number) + " #" +
                          std::to_string(std::exchange(channels_.at(number).request, 0)) + " " +
                          text);
        } else {
            CHECK(std::same_as<Method, c::start>);
        }
    };
    std::visit(tell, any);
}

void retelling::report_message(std::uint16_t number, const message& received) {
    const auto shown = " |" + text_of(received.properties) + " | " + escaped(received.body);
    const auto arguments = received.text.find(' ');
    const auto fields = arguments == std::string::npos ? "" : received.text.substr(arguments);
    if (std::holds_alternative<b::deliver>(received.method))
        script_.event("delivery " + name_of(number) + fields + shown);
    else if (std::holds_alternative<b::return_>(received.method))
        // The real client published without our correlation header: no sequence.
        script_.event("returned " + name_of(number) + " #0" + fields + shown);
    else
        script_.event("reply " + name_of(number) + " #" +
                      std::to_string(std::exchange(channels_.at(number).request, 0)) + " " +
                      received.text + shown);
}

void retelling::report_confirm(std::uint16_t number, std::uint64_t tag, bool multiple,
                               bool nacked) {
    auto& waiting = channels_.at(number).unconfirmed;
    auto each = multiple ? waiting.begin() : waiting.find(tag);
    while (each != waiting.end() && *each <= tag) {
        const auto first = *each;
        auto last = first;
        each = waiting.erase(each);
        while (multiple && each != waiting.end() && *each == last + 1 && *each <= tag) {
            last = *each;
            each = waiting.erase(each);
        }
        script_.event("settled " + name_of(number) + " " + std::to_string(first) + "-" +
                      std::to_string(last) + (nacked ? " nacked" : ""));
        if (!multiple)
            return;
    }
}

void retelling::report_channel_end(std::uint16_t number, std::error_code code,
                                   const std::string& reason) {
    if (const auto request = channels_.at(number).request)
        script_.event("failed " + name_of(number) + " #" + std::to_string(request) + " " +
                      text_of(code));
    script_.event("channel_closed " + name_of(number) + " " + reason);
    channels_.erase(number);
}

void retelling::report_end(const c::close& method) {
    const auto code = make_error_code(static_cast<reply_code>(method.reply_code));
    const bool login = !tuned_ && method.reply_code == 403;
    auto reason = (login ? "login refused" : text_of(code)) + " '" +
                  std::string{method.reply_text} + "' by peer";
    if (method.class_id != 0)
        reason +=
            " for " + std::to_string(method.class_id) + "," + std::to_string(method.method_id);
    script_.expect("0 connection.close-ok");
    while (channels_.size() > 1)
        report_channel_end(std::next(channels_.begin())->first, code, reason);
    script_.event("closed " + reason);
}

} // namespace taskwire::test
