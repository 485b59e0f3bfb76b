#include <simulation/session.hpp>

#include <algorithm>

#include <support/print.hpp>

namespace taskwire::simulation {

using namespace std::chrono_literals;
namespace c = spec::connection;

namespace {
constexpr duration handshake_time_max = 10s;
constexpr duration closing_time_max = 5s;
} // namespace

session::session(broker& home, link& wire, unsigned number, time_point now)
    : home_(home),
      link_(wire),
      name_("broker." + std::to_string(number)),
      now_(now),
      give_up_at_(now + handshake_time_max),
      last_read_(now),
      last_written_(now) {}

time_point session::due() const {
    if (ended())
        return never;
    auto next = std::min(give_up_at_, confirm_at_);
    if (!blocked_)
        next = std::min(next, link_.to_broker.due());
    if (heartbeat_.count() != 0) {
        next = std::min(next, last_written_ + std::chrono::milliseconds{heartbeat_} / 2);
        if (!blocked_)
            next = std::min(next, last_read_ + 2 * heartbeat_);
    }
    return next;
}

void session::step(time_point now) {
    now_ = now;
    if (!blocked_ && link_.to_broker.due() <= now) {
        const auto piece = link_.to_broker.take();
        home_.log.add(piece);
        if (piece.empty())
            return finish();
        last_read_ = now;
        in_.append(piece);
        parse();
    }
    if (confirm_at_ <= now)
        confirm_some();
    if (!ended() && give_up_at_ <= now) {
        check(link_.faulty || place_ == place::closing, "the client logs in in time");
        return finish();
    }
    if (!ended())
        keep_heartbeat();
    flush();
}

void session::keep_heartbeat() {
    if (heartbeat_.count() == 0)
        return;
    if (!blocked_ && now_ - last_read_ >= 2 * heartbeat_) {
        check(link_.faulty, "the client sends heartbeats");
        return finish();
    }
    if (now_ - last_written_ < std::chrono::milliseconds{heartbeat_} / 2)
        return;
    store_frame_end(store_frame_head(prepare(0), frame_type::heartbeat, 0, 0));
    count_output();
}

void session::parse() {
    std::string_view unread = in_;
    if (place_ == place::header) {
        if (unread.size() < protocol_header.size())
            return;
        check(unread.starts_with(protocol_header), "the client begins with its protocol header");
        unread.remove_prefix(protocol_header.size());
        place_ = place::start;
        const table properties{{"product", "model"},
                               {"capabilities", table{{"authentication_failure_close", true}}}};
        write(0, c::start{0, 9, properties, "PLAIN AMQPLAIN", "en_US"});
    }
    const auto payload_max = frame_max_ == 0 ? std::size_t{1} << 30U : frame_max_ - frame_overhead;
    while (!ended() && !blocked_) {
        const auto scan = scan_frame(unread, {payload_max, payload_max});
        check(!scan.fault, "the client's frames are well-formed and within frame_max");
        if (!scan.complete)
            break;
        unread.remove_prefix(scan.size);
        tell("<", scan.found);
        on_frame(scan.found);
        if (input_left_ != 0 && --input_left_ == 0 && !ended())
            return reset(now_);
    }
    in_.erase(0, in_.size() - unread.size());
}

void session::on_frame(const frame& each) {
    if (each.type == frame_type::heartbeat) {
        check(each.channel == 0 && each.payload.empty(), "a heartbeat is empty, on channel 0");
        return;
    }
    if (each.type != frame_type::method)
        return on_content_frame(each);
    check(each.payload.size() >= 4, "a method frame holds a method");
    const auto packed = wire::load<std::uint32_t>(each.payload.data());
    const method_id id{static_cast<std::uint16_t>(packed >> 16U),
                       static_cast<std::uint16_t>(packed & 0xffffU)};
    const auto* info = spec::find_method(id);
    check(info != nullptr && info->from_client, "the client sends only what a client may");
    if (each.channel == 0)
        return on_connection_method(id, each.payload.substr(4));
    check(place_ == place::open || place_ == place::closing, "channels exist once it is open");
    on_channel_method(each.channel, id, each.payload.substr(4));
}

void session::on_connection_method(method_id id, std::string_view arguments) {
    if (place_ == place::closing && id != c::close::id && id != c::close_ok::id)
        return;
    switch (id.packed()) {
    case c::start_ok::id.packed():
        check(place_ == place::start, "start-ok answers start");
        decoded<c::start_ok>(arguments);
        if (home_.roll.chance(home_.options.refuse_handshake))
            return close_connection(now_);
        write(0, c::tune{home_.options.broker_channel_max, home_.options.broker_frame_max,
                         home_.options.broker_heartbeat});
        place_ = place::tune;
        return;
    case c::tune_ok::id.packed():
        return on_tune_ok(arguments);
    case c::open::id.packed():
        check(place_ == place::open_ok, "open follows tune-ok");
        decoded<c::open>(arguments);
        write(0, c::open_ok{});
        place_ = place::open;
        give_up_at_ = never;
        return;
    case c::close::id.packed():
        decoded<c::close>(arguments);
        write(0, c::close_ok{});
        return finish();
    case c::close_ok::id.packed():
        check(place_ == place::closing, "close-ok answers close");
        return finish();
    default:
        check(false, "no other method of the connection class is used here");
    }
}

void session::on_tune_ok(std::string_view arguments) {
    const auto method = decoded<c::tune_ok>(arguments);
    const auto within = [](std::uint32_t asked, std::uint32_t offered) {
        return offered == 0 || (asked != 0 && asked <= offered);
    };
    check(place_ == place::tune, "tune-ok answers tune");
    check(within(method.frame_max, home_.options.broker_frame_max) &&
              within(method.channel_max, home_.options.broker_channel_max),
          "the client stays within the broker's offer");
    frame_max_ = method.frame_max;
    heartbeat_ = std::chrono::seconds{method.heartbeat};
    place_ = place::open_ok;
}

/// The end of the connection, whoever wished it: what was unacknowledged is ready again.
void session::finish() {
    if (ended())
        return;
    flush();
    place_ = place::ended;
    for (auto& each : channels_)
        release(each);
    home_.forget_session(*this);
    link_.to_client.finish(now_);
}

void session::release(channel& which) {
    for (const auto& each : which.deliveries)
        if (auto* from = home_.find_queue(each.queue_name); from != nullptr)
            home_.put_back(*from, each.message);
    which = channel{};
}

bool session::holds_deliveries() const {
    return std::any_of(channels_.begin(), channels_.end(),
                       [](const channel& each) { return !each.deliveries.empty(); });
}

void session::close_connection(time_point now) {
    now_ = now;
    if (place_ == place::header || place_ == place::closing || ended())
        return;
    write(0, c::close{320, "CONNECTION_FORCED - simulated", 0, 0});
    place_ = place::closing;
    give_up_at_ = now + closing_time_max;
    for (auto& each : channels_)
        release(each);
    home_.forget_session(*this);
    flush();
}

void session::set_alarm(bool on, time_point now) {
    now_ = now;
    alarm_ = on;
    if (on || !std::exchange(blocked_, false))
        return;
    last_read_ = now;
    if (place_ == place::open)
        write(0, c::unblocked{});
    parse(); // what came before it stopped to read
    flush();
}

void session::reset(time_point now) {
    now_ = now;
    flush();
    link_.reset(now);
    finish();
}

char* session::prepare(std::size_t size) {
    const auto before = out_.size();
    out_.resize(before + size + frame_overhead);
    return out_.data() + before;
}

void session::count_output() {
    if (output_left_ == 0 || --output_left_ != 0)
        return;
    flush();
    link_.to_client.finish(now_); // whatever is written later is lost
    link_.to_broker.drop(false);
    link_.to_broker.finish(now_);
}

void session::flush() {
    if (out_.empty())
        return;
    last_written_ = now_;
    if (home_.log.printing())
        for (std::string_view rest = out_; !rest.empty();) {
            const auto scan = scan_frame(rest, {rest.size(), rest.size()});
            tell(">", scan.found);
            rest.remove_prefix(scan.size);
        }
    link_.to_client.write(out_, now_);
    out_.clear();
}

void session::write_content(std::uint16_t where, const message& each,
                            const spec::basic::properties& properties) {
    const auto size = content_header_fixed_size + 2 + wire::measure(properties).size;
    char* to = prepare(size);
    to = store_frame_head(to, frame_type::header, where, size);
    to = wire::store(to, spec::basic::properties::class_id);
    to = wire::store(to, std::uint16_t{0});
    to = wire::store(to, static_cast<std::uint64_t>(each.body.size()));
    store_frame_end(wire::encode_properties(to, properties));
    count_output();
    const auto payload_max = frame_max_ == 0 ? each.body.size() : frame_max_ - frame_overhead;
    for (std::string_view rest = each.body; !rest.empty();) {
        const auto part = rest.substr(0, payload_max);
        to = store_frame_head(prepare(part.size()), frame_type::body, where, part.size());
        store_frame_end(std::copy(part.begin(), part.end(), to));
        count_output();
        rest.remove_prefix(part.size());
    }
}

void session::tell(std::string_view direction, const frame& each) const {
    if (home_.log.printing())
        home_.log.print(now_, name_, std::string{direction} + " " + test::text_of(each));
}

} // namespace taskwire::simulation
