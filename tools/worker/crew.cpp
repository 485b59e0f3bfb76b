#include <worker/crew.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace taskwire::tools {

namespace {

// The broker notices a loss within two heartbeats, of a minute if it is asked.
constexpr std::chrono::minutes finished_time_max{5};

} // namespace

crew::crew(const strand& executor, const run_tools& tools, uuid_source& ids, worker_hooks hooks)
    : strand_(executor),
      tools_(tools),
      ids_(ids),
      hooks_(std::move(hooks)),
      channels_(tools.options.jobs),
      slots_(tools.options.jobs),
      finished_(finished_time_max) {
    for (std::size_t number = 0; number < channels_.size(); ++number) {
        channels_[number].input = std::make_unique<intake>(intake::handlers{
            [this, number](delivery task) { on_delivery(number, std::move(task)); },
            [this, number](const error& why) { on_overdue(number, why); },
            [this, number](const error& why) { on_channel_end(number, why); }});
    }
}

asio::awaitable<void> crew::open(client on) {
    for (channel& each : channels_) {
        co_await each.input->open(on, tools_.options.queue, 1, tools_.options.when_cancelled);
        each.has_ended = false;
    }
}

void crew::start() {
    for (const channel& each : channels_) {
        each.input->run();
    }
}

void crew::cancel(bool with_surplus) {
    is_cancelled_ = true;
    for (const channel& each : channels_) {
        each.input->cancel();
    }
    if (!with_surplus) {
        hand_back_waiting();
    }
}

void crew::give_up() {
    has_given_up_ = true;
    cancel(false);
    for (const slot& each : slots_) {
        if (const auto run = each.run) {
            run->give_up();
        }
    }
}

void crew::kill() const {
    for (const slot& each : slots_) {
        if (each.run) {
            each.run->kill();
        }
    }
}

asio::awaitable<void> crew::close() {
    for (const channel& each : channels_) {
        co_await each.input->close();
    }
}

// --- from the broker to the child

void crew::on_delivery(std::size_t number, delivery task) {
    channels_[number].unproven.reset();
    const claim by{number, task.id()};
    if (has_claim_of(number)) {
        return hand_back(by); // a broker that minds the prefetch does not do that
    }
    const auto known = task.redelivered() ? identify(task) : std::nullopt;
    if (known && finished_.take(*known, finished_tasks::clock::now())) {
        tools_.say.detail(fmt::format("task {}: delivered again, but it is done", known->id));
        return ack(by, known, known->id);
    }
    if (known && adopt(by, *known)) {
        return;
    }
    waiting_.push_back({by, std::move(task)});
    start_waiting();
}

bool crew::has_claim_of(std::size_t number) const {
    return std::any_of(waiting_.begin(), waiting_.end(),
                       [&](const waiting_task& each) { return each.by.channel == number; }) ||
           std::any_of(slots_.begin(), slots_.end(), [&](const slot& each) {
               return each.settled_by && each.settled_by->channel == number;
           });
}

// Only what has lost its claim: two tasks may be alike.
bool crew::adopt(const claim& by, const task_identity& task) {
    for (slot& each : slots_) {
        if (each.run && !each.run->is_abandoned() && !each.settled_by && each.identity == task) {
            each.settled_by = by;
            tools_.say.detail(fmt::format("task {}: delivered again while it runs", task.id));
            return true;
        }
    }
    return false;
}

void crew::start_waiting() {
    while (!waiting_.empty()) {
        const auto free = std::find_if(slots_.begin(), slots_.end(),
                                       [](const slot& each) { return each.run == nullptr; });
        if (free == slots_.end()) {
            return;
        }
        waiting_task next = std::move(waiting_.front());
        waiting_.pop_front();
        if (!has_given_up_ && hooks_.may_start()) {
            begin(static_cast<std::size_t>(free - slots_.begin()), std::move(next));
        } else {
            hand_back(next.by);
        }
    }
}

void crew::begin(std::size_t number, waiting_task what) {
    slot& in = slots_[number];
    in.settled_by = what.by;
    in.identity = identify(what.task);
    const auto run = std::make_shared<task_run>(
        strand_, tools_, number + 1, std::move(what.task), ids_.next(),
        task_run::handlers{[this, number](const task_end& end) { on_run_end(number, end); },
                           hooks_.on_stop_asked, hooks_.on_unusable_command});
    in.run = run;
    hooks_.on_change();
    run->start();
}

void crew::hand_back(const claim& what) const {
    channels_[what.channel].input->hand_back(what.which);
}

void crew::hand_back_waiting() {
    for (const waiting_task& each : std::exchange(waiting_, {})) {
        hand_back(each.by);
    }
}

// --- from the child to the broker

void crew::on_run_end(std::size_t number, const task_end& end) {
    const slot ended = std::exchange(slots_[number], {});
    task_end told = end;
    const bool is_finished = end.fate == task_fate::done || end.fate == task_fate::failed;
    if (is_finished && ended.settled_by) {
        ack(*ended.settled_by, ended.identity, ended.run->id());
    } else if (end.fate == task_fate::handed_back && ended.settled_by) {
        hand_back(*ended.settled_by);
    } else if (end.fate == task_fate::handed_back ||
               (is_finished && !remember(ended.identity, ended.run->id()))) {
        told.fate = task_fate::lost;
    }
    hooks_.on_task_end(told);
    start_waiting();
    hooks_.on_change();
}

void crew::ack(const claim& by, const std::optional<task_identity>& task, const std::string& id) {
    channels_[by.channel].input->ack(by.which, [this, by, task, id](settle_result result) {
        if (result == settle_result::sent) {
            channels_[by.channel].unproven = task;
        } else {
            remember(task, id);
        }
    });
}

bool crew::remember(const std::optional<task_identity>& task, const std::string& id) {
    if (task && !is_cancelled_) {
        finished_.add(*task, finished_tasks::clock::now());
        tools_.say.detail(
            fmt::format("task {} is done; it is acknowledged when it is delivered again", id));
        return true;
    }
    tools_.say.warning(
        fmt::format("task {} is done, but its channel has closed: it will be delivered again", id));
    return false;
}

// --- the end of connections and channels

void crew::on_connection_lost() {
    waiting_.clear();
    for (channel& each : channels_) {
        if (each.unproven) {
            finished_.add(*each.unproven, finished_tasks::clock::now());
            each.unproven.reset();
        }
    }
    for (slot& each : slots_) {
        each.settled_by.reset();
        const auto run = each.run;
        if (!run || run->is_abandoned()) {
            continue;
        }
        if (tools_.options.kills_on_lost) {
            tools_.say.info(fmt::format("terminating task {}, as --on-lost says", run->id()));
            run->lose();
        } else if (!each.identity) {
            tools_.say.warning(fmt::format("terminating task {}: without a message id it cannot be "
                                           "known when it is delivered again",
                                           run->id()));
            run->lose();
        }
    }
    hooks_.on_change();
}

void crew::on_connection_ended() {
    is_cancelled_ = true;
    waiting_.clear();
    for (channel& each : channels_) {
        each.has_ended = true;
    }
    for (slot& each : slots_) {
        each.settled_by.reset();
        if (const auto run = each.run) {
            run->lose();
        }
    }
    hooks_.on_change();
}

void crew::on_channel_end(std::size_t number, const error& why) {
    channels_[number].has_ended = true;
    if (why.code() != errc::consumer_cancelled) {
        void_claims_of(number);
    }
    if (!is_cancelled_) {
        hooks_.on_lost(why);
    }
    hooks_.on_change();
}

void crew::on_overdue(std::size_t number, const error& why) {
    std::string id;
    for (const slot& each : slots_) {
        if (each.run && each.settled_by && each.settled_by->channel == number) {
            id = each.run->id();
        }
    }
    hooks_.on_overdue(why, id);
    void_claims_of(number);
    hooks_.on_change();
}

// What cannot be acknowledged any more while the connection lasts is begun anew by others.
void crew::void_claims_of(std::size_t number) {
    std::erase_if(waiting_, [&](const waiting_task& each) { return each.by.channel == number; });
    for (slot& each : slots_) {
        if (each.settled_by && each.settled_by->channel == number) {
            each.settled_by.reset();
            if (const auto run = each.run) {
                run->lose();
            }
        }
    }
}

// --- what it is asked

std::size_t crew::busy_count() const {
    return static_cast<std::size_t>(std::count_if(
        slots_.begin(), slots_.end(), [](const slot& each) { return each.run != nullptr; }));
}

bool crew::is_at_end() const {
    return busy_count() == 0 && waiting_.empty() &&
           std::all_of(channels_.begin(), channels_.end(),
                       [](const channel& each) { return each.has_ended; });
}

std::vector<const intake*> crew::intakes() const {
    std::vector<const intake*> result;
    result.reserve(channels_.size());
    for (const channel& each : channels_) {
        result.push_back(each.input.get());
    }
    return result;
}

std::vector<std::string> crew::running_ids() const {
    std::vector<std::string> result;
    for (const slot& each : slots_) {
        if (each.run) {
            result.push_back(each.run->id());
        }
    }
    return result;
}

} // namespace taskwire::tools
