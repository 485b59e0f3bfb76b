#include "obedient.hpp"

namespace taskwire::test {

void obedient::serve() {
    try {
        peer_ = listener_.accept();
        if (identity_ != nullptr && !peer_.secure(*identity_))
            return;
        peer_.expect_header();
        if (fail_if_due())
            return;
        peer_.send_start();
        while (const auto in = peer_.next_frame()) {
            if (fail_if_due())
                return;
            answer(*in);
            if (finished_)
                return peer_.expect_eof();
        }
    } catch (const unexpected&) {
        // The client says nothing for long: its test will say why.
    }
}

bool obedient::fail_if_due() {
    if (frames_left_-- != 0)
        return false;
    failed_ = true;
    if (act_ == last_act::reset) {
        peer_.reset();
    } else if (act_ == last_act::fall_silent) {
        while (peer_.next_frame()) {
        }
    } else {
        peer_.hang_up();
    }
    return true;
}

/// A message counts when its header is there, or its body where it has one: ours have one frame.
void obedient::answer(const peer::any_frame& in) {
    if (in.type == frame_type::method)
        return on_method(in.channel, in.method);
    if (in.type == frame_type::body)
        peer_.send(in.channel, spec::basic::ack{++published_[in.channel], false});
}

void obedient::on_method(std::uint16_t channel, method_id method) {
    namespace s = spec;
    if (method == s::connection::start_ok::id)
        peer_.send(0, s::connection::tune{50, 131'072, 0});
    else if (method == s::connection::open::id)
        peer_.send(0, s::connection::open_ok{});
    else if (method == s::channel::open::id)
        peer_.send(channel, s::channel::open_ok{});
    else if (method == s::confirm::select::id)
        peer_.send(channel, s::confirm::select_ok{});
    else if (method == s::queue::declare::id)
        peer_.send(channel, s::queue::declare_ok{"q", 0, 0});
    else if (method == s::basic::get::id)
        peer_.send(channel, s::basic::get_empty{});
    else if (method == s::basic::qos::id)
        peer_.send(channel, s::basic::qos_ok{});
    else if (method == s::basic::cancel::id)
        peer_.send(channel, s::basic::cancel_ok{"ctag"});
    else if (method == s::channel::close::id)
        peer_.send(channel, s::channel::close_ok{});
    else if (method == s::basic::ack::id)
        ++acknowledged_;
    if (method == s::channel::open::id)
        published_[channel] = 0;
    if (method == s::basic::consume::id) {
        peer_.send(channel, s::basic::consume_ok{"ctag"});
        peer_.send_message(channel, s::basic::deliver{"ctag", 1, false, "", "q"}, {}, "delivered");
    }
    if (method == s::connection::close::id) {
        peer_.send(0, s::connection::close_ok{});
        finished_ = true;
    }
}

} // namespace taskwire::test
