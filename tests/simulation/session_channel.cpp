#include <simulation/session.hpp>

#include <algorithm>

namespace taskwire::simulation {

namespace ch = spec::channel;
namespace x = spec::exchange;
namespace q = spec::queue;
namespace b = spec::basic;
using spec::reply_code;

void session::on_channel_method(std::uint16_t number, method_id id, std::string_view arguments) {
    check(number < channels_.size(), "the client uses few channels");
    auto& where = channels_[number];
    const bool settles = id == b::ack::id || id == b::nack::id || id == b::reject::id;
    if (settles) {
        check(!link_.acks_under_way.empty(), "the client acknowledges only what it means to");
        meant_ = link_.acks_under_way.pop_front();
    }
    if (place_ == place::closing)
        return;
    if (where.place == channel_place::closing) {
        if (id == ch::close::id)
            write(number, ch::close_ok{});
        else if (id == ch::close_ok::id)
            where = channel{};
        return;
    }
    if (where.place == channel_place::free) {
        check(id == ch::open::id, "only channel.open goes out on a closed channel");
        where.place = channel_place::open;
        return write(number, ch::open_ok{});
    }
    check(!where.header_due && where.body_due == 0, "a publish is not interrupted");
    switch (id.packed()) {
    case ch::close::id.packed():
        decoded<ch::close>(arguments);
        release(where);
        home_.forget_consumers(*this, number);
        return write(number, ch::close_ok{});
    case ch::flow_ok::id.packed():
        decoded<ch::flow_ok>(arguments);
        return;
    case spec::confirm::select::id.packed():
        where.confirm_mode = true;
        return write(number, spec::confirm::select_ok{});
    default:
        if (id.class_id == x::declare::id.class_id)
            return on_exchange_method(number, id, arguments);
        if (id.class_id == q::declare::id.class_id)
            return on_queue_method(number, id, arguments);
        check(id.class_id == b::ack::id.class_id, "a channel is opened once");
        return on_basic_method(number, id, arguments);
    }
}

void session::refuse(std::uint16_t number, reply_code code, std::string_view text) {
    write(number, ch::close{static_cast<std::uint16_t>(code), text, 0, 0});
    auto& where = channels_[number];
    release(where);
    home_.forget_consumers(*this, number);
    where.place = channel_place::closing;
}

void session::on_exchange_method(std::uint16_t number, method_id id, std::string_view arguments) {
    check(id == x::declare::id, "of exchanges only declare is used here");
    const auto method = decoded<x::declare>(arguments);
    const auto* known = home_.find_exchange(method.exchange);
    if (known != nullptr && known->durable != method.durable)
        return refuse(number, reply_code::precondition_failed, "inequivalent arg 'durable'");
    if (known == nullptr)
        home_.add_exchange({std::string{method.exchange}, method.durable});
    write(number, x::declare_ok{});
}

/// The queue, if it exists and may be used here; else the channel is closed.
queue* session::usable_queue(std::uint16_t number, std::string_view name) {
    auto* known = home_.find_queue(name);
    if (known == nullptr)
        refuse(number, reply_code::not_found, "no queue");
    else if (known->exclusive_to != nullptr && known->exclusive_to != this)
        refuse(number, reply_code::resource_locked, "exclusive elsewhere");
    else
        return known;
    return nullptr;
}

void session::on_queue_method(std::uint16_t number, method_id id, std::string_view arguments) {
    if (id == q::declare::id)
        return on_queue_declare(number, arguments);
    check(id == q::bind::id, "of queues only declare and bind are used here");
    const auto method = decoded<q::bind>(arguments);
    if (home_.find_exchange(method.exchange) == nullptr)
        return refuse(number, reply_code::not_found, "no exchange");
    if (usable_queue(number, method.queue) == nullptr)
        return;
    home_.bind(
        {std::string{method.exchange}, std::string{method.queue}, std::string{method.routing_key}});
    write(number, q::bind_ok{});
}

void session::on_queue_declare(std::uint16_t number, std::string_view arguments) {
    const auto method = decoded<q::declare>(arguments);
    std::string name{method.queue};
    if (home_.find_queue(name) != nullptr) {
        const auto* known = usable_queue(number, name);
        if (known == nullptr)
            return;
        if (known->durable != method.durable || known->auto_delete != method.auto_delete)
            return refuse(number, reply_code::precondition_failed, "inequivalent arg");
    } else {
        check(!name.starts_with("amq."), "a server-named queue is declared without a name");
        if (name.empty())
            name = home_.new_queue_name();
        home_.add_queue({.name = name,
                         .durable = method.durable,
                         .auto_delete = method.auto_delete,
                         .exclusive_to = method.exclusive ? this : nullptr,
                         .ready = {},
                         .consumers = {}});
    }
    write(number, q::declare_ok{name, 0, 0});
}

void session::on_basic_method(std::uint16_t number, method_id id, std::string_view arguments) {
    auto& where = channels_[number];
    switch (id.packed()) {
    case b::qos::id.packed():
        where.prefetch = decoded<b::qos>(arguments).prefetch_count;
        return write(number, b::qos_ok{});
    case b::consume::id.packed():
        return on_consume(number, arguments);
    case b::cancel::id.packed():
        return on_cancel(number, arguments);
    case b::cancel_ok::id.packed():
        check(where.cancels_to_answer != 0, "cancel-ok answers a cancel");
        --where.cancels_to_answer;
        return;
    case b::ack::id.packed(): {
        const auto method = decoded<b::ack>(arguments);
        return on_settle(where, method.delivery_tag, method.multiple, false);
    }
    case b::nack::id.packed(): {
        const auto method = decoded<b::nack>(arguments);
        return on_settle(where, method.delivery_tag, method.multiple, true);
    }
    case b::reject::id.packed():
        return on_settle(where, decoded<b::reject>(arguments).delivery_tag, false, true);
    case b::publish::id.packed(): {
        const auto method = decoded<b::publish>(arguments);
        if (home_.find_exchange(method.exchange) == nullptr)
            return refuse(number, reply_code::not_found, "no exchange");
        where.header_due = true;
        where.mandatory = method.mandatory;
        where.exchange = method.exchange;
        where.incoming = message{};
        where.incoming.routing_key = method.routing_key;
        return;
    }
    default:
        check(false, "no other method of the basic class is used here");
    }
}

void session::on_consume(std::uint16_t number, std::string_view arguments) {
    const auto method = decoded<b::consume>(arguments);
    auto* from = usable_queue(number, method.queue);
    if (from == nullptr)
        return;
    std::string tag{method.consumer_tag};
    if (tag.empty())
        tag = "amq.ctag-" + std::to_string(home_.next_delivery_number());
    write(number, b::consume_ok{tag});
    from->was_consumed = true;
    from->consumers.push_back({this, number, std::move(tag)});
}

void session::on_cancel(std::uint16_t number, std::string_view arguments) {
    const std::string tag{decoded<b::cancel>(arguments).consumer_tag};
    for (auto& each : home_.queues)
        std::erase_if(each->consumers, [&](const consumer_of_queue& known) {
            return known.owner == this && known.channel == number && known.tag == tag;
        });
    write(number, b::cancel_ok{tag});
}

void session::on_settle(channel& where, std::uint64_t tag, bool multiple, bool requeue) {
    auto& known = where.deliveries;
    const auto covered = [&](const unacked& each) {
        return each.tag == tag || (multiple && (tag == 0 || each.tag < tag));
    };
    meant_ack done;
    for (const auto& each : known) {
        if (!covered(each))
            continue;
        done.deliveries += each.number;
        ++done.count;
        auto& settled = home_.at(each.message);
        check(!settled.gone, "a delivery is acknowledged at most once");
        if (requeue) {
            if (auto* from = home_.find_queue(each.queue_name); from != nullptr)
                home_.put_back(*from, each.message);
        } else {
            settled.gone = true;
        }
    }
    check(done.count != 0, "an acknowledgement names an outstanding delivery (406)");
    check(done.count == meant_.count && done.deliveries == meant_.deliveries,
          "an acknowledgement settles the deliveries that it is meant for");
    std::erase_if(known, covered);
}

void session::on_content_frame(const frame& each) {
    check(each.channel != 0 && each.channel < channels_.size(), "content is on a channel");
    auto& where = channels_[each.channel];
    if (place_ == place::closing || where.place == channel_place::closing)
        return;
    check(where.place == channel_place::open, "content is on an open channel");
    if (each.type == frame_type::header) {
        content_header header;
        check(where.header_due && parse_content_header(each.payload, header) &&
                  header.class_id == b::properties::class_id && header.weight == 0,
              "a content header follows its publish");
        b::properties properties;
        wire::reader in{header.property_list};
        check(wire::decode_properties(in, properties), "properties can be decoded");
        where.header_due = false;
        where.body_due = header.body_size;
        where.incoming.properties = header.property_list;
        where.incoming.task = task_of(properties.message_id.value_or(""));
    } else {
        check(!where.header_due && !each.payload.empty() && each.payload.size() <= where.body_due,
              "a body frame holds a part of the body");
        where.incoming.body.append(each.payload);
        where.body_due -= each.payload.size();
    }
    if (where.body_due == 0)
        on_published(each.channel);
}

void session::on_published(std::uint16_t number) {
    auto& where = channels_[number];
    unconfirmed entry{where.next_sequence, {}, home_.roll.chance(home_.options.nack)};
    if (!entry.nack) {
        entry.copies = home_.route(where.incoming, where.exchange);
        if (entry.copies.empty() && where.mandatory)
            give_back(number, where.incoming);
    }
    if (where.confirm_mode) {
        ++where.next_sequence;
        where.waiting.push_back(std::move(entry));
        confirm_at_ = std::min(confirm_at_,
                               now_ + home_.roll.between(duration{0}, home_.options.confirm_delay));
    }
    if (alarm_ && !std::exchange(blocked_, true))
        write(0, spec::connection::blocked{"low on memory"});
}

void session::give_back(std::uint16_t number, const message& each) {
    b::properties properties;
    wire::reader in{each.properties};
    wire::decode_properties(in, properties);
    write(number, b::return_{312, "NO_ROUTE", channels_[number].exchange, each.routing_key});
    write_content(number, each, properties);
}

void session::confirm_some() {
    confirm_at_ = never;
    if (place_ != place::open)
        return;
    for (std::uint16_t number = 1; number < channels_.size(); ++number)
        if (!channels_[number].waiting.empty())
            confirm_some(number);
}

/// Some of what waits, in any order, alone or together: all of it is what a broker may do.
void session::confirm_some(std::uint16_t number) {
    auto& waiting = channels_[number].waiting;
    auto first = waiting.begin() + static_cast<std::ptrdiff_t>(home_.roll.below(waiting.size()));
    auto last = first + 1;
    const bool multiple = home_.roll.chance(home_.options.confirm_multiple);
    if (multiple) {
        const auto most = first;
        first = waiting.begin();
        last = std::find_if(first, most + 1,
                            [&](const unconfirmed& each) { return each.nack != first->nack; });
    }
    for (auto each = first; each != last; ++each)
        for (const auto copy : each->copies)
            home_.note_on_disk(copy);
    const auto tag = (last - 1)->sequence;
    if (first->nack)
        write(number, b::nack{.delivery_tag = tag, .multiple = multiple});
    else
        write(number, b::ack{.delivery_tag = tag, .multiple = multiple});
    waiting.erase(first, last);
    if (!waiting.empty())
        confirm_at_ = std::min(confirm_at_,
                               now_ + home_.roll.between(duration{0}, home_.options.confirm_delay));
}

bool session::takes_delivery(std::uint16_t number) const {
    const auto& where = channels_[number];
    return place_ == place::open && where.place == channel_place::open &&
           (where.prefetch == 0 || where.deliveries.size() < where.prefetch) &&
           link_.to_client.room() != 0;
}

void session::deliver(const consumer_of_queue& to, std::string_view from, std::uint32_t index,
                      time_point now) {
    now_ = now;
    auto& where = channels_[to.channel];
    const auto& each = home_.at(index);
    const auto number = home_.next_delivery_number();
    b::properties properties;
    wire::reader in{each.properties};
    wire::decode_properties(in, properties);
    properties.timestamp = number; // how the application names it when it acknowledges
    where.deliveries.push_back({where.next_tag++, index, number, std::string{from}});
    write(to.channel, b::deliver{to.tag, where.deliveries.back().tag, each.redelivered, "in",
                                 each.routing_key});
    write_content(to.channel, each, properties);
    flush();
}

void session::close_channels(time_point now) {
    now_ = now;
    for (std::uint16_t number = 1; number < channels_.size() && place_ == place::open; ++number)
        if (channels_[number].place == channel_place::open && home_.roll.chance(50))
            refuse(number, reply_code::precondition_failed, "simulated");
    flush();
}

void session::cancel_consumers(time_point now) {
    now_ = now;
    for (auto& each : home_.queues)
        std::erase_if(each->consumers, [&](const consumer_of_queue& known) {
            if (known.owner != this || place_ != place::open || !home_.roll.chance(60))
                return false;
            const bool no_wait = home_.roll.chance(50);
            write(known.channel, b::cancel{known.tag}, no_wait);
            if (!no_wait)
                ++channels_[known.channel].cancels_to_answer;
            return true;
        });
    flush();
}

void session::set_flow(bool active, time_point now) {
    now_ = now;
    for (std::uint16_t number = 1; number < channels_.size() && place_ == place::open; ++number) {
        auto& where = channels_[number];
        if (where.place != channel_place::open || where.flow_active == active)
            continue;
        where.flow_active = active;
        write(number, ch::flow{active});
    }
    flush();
}

} // namespace taskwire::simulation
