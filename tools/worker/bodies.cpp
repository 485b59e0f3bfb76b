#include <worker/bodies.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace taskwire::tools {

bodies::bodies(output& out, char terminator, worker_hooks hooks)
    : out_(out),
      terminator_(terminator),
      hooks_(std::move(hooks)),
      intake_({[this](delivery task) { on_delivery(task); },
               [this](const error& why) {
                   on_connection_lost();
                   hooks_.on_overdue(why, {});
               },
               [this](const error& why) { on_end(why); }}) {}

void bodies::on_delivery(const delivery& task) {
    if (has_given_up_ || !hooks_.may_start()) {
        return intake_.hand_back(task);
    }
    out_.write(task.body());
    out_.write(std::string_view(&terminator_, 1));
    unwritten_.push_back({out_.queued(), task.id()});
    await_written();
}

void bodies::await_written() {
    if (!is_awaiting_) {
        is_awaiting_ = true;
        out_.when_written([this] { on_written(); });
    }
}

void bodies::on_written() {
    is_awaiting_ = false;
    if (has_given_up_) {
        return;
    }
    std::optional<delivery_id> last;
    while (!unwritten_.empty() && unwritten_.front().end <= out_.written()) {
        last = unwritten_.front().delivery;
        unwritten_.pop_front();
        hooks_.on_task_end({});
    }
    if (last) {
        intake_.ack_up_to(*last);
    }
    if (!unwritten_.empty()) {
        await_written();
    }
    hooks_.on_change();
}

void bodies::on_connection_lost() {
    for (std::size_t left = unwritten_.size(); left > 0; --left) {
        hooks_.on_task_end({task_fate::lost, {}});
    }
    unwritten_.clear();
    hooks_.on_change();
}

void bodies::on_end(const error& why) {
    has_ended_ = true;
    if (why.code() != errc::consumer_cancelled) {
        on_connection_lost(); // they can only be acknowledged on the channel that they came from
    }
    if (!intake_.is_cancelled()) {
        hooks_.on_lost(why);
    }
    hooks_.on_change();
}

} // namespace taskwire::tools
