#include <simulation/client.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace taskwire::simulation {

namespace on = proto::recovery_event;
namespace act_ = proto::recovery_action;

client::client(network& net, const scenario& options, dice& roll, transcript& log, task_book& book,
               unsigned number, bool produces, std::uint32_t workers)
    : net_(net),
      options_(options),
      roll_(roll),
      log_(log),
      name_("client." + std::to_string(number)),
      recovery_(options.recovery, roll.next()) {
    if (produces)
        producer_.emplace(*this, options, roll, book);
    for (std::uint32_t i = 0; i < workers; ++i)
        workers_.emplace_back(*this, options, roll, book, i);
    act(recovery_.next(on::start{}, beginning), beginning);
}

time_point client::due() const {
    auto next = std::min({attempt_.at, wait_until_, written_at_});
    if (link_ != nullptr) {
        next = std::min(next, link_->to_client.due());
        if (machine_->queued_bytes() != 0 && writing_ == 0 && link_->to_broker.room() != 0)
            next = beginning; // the broker made room
    }
    if (machine_)
        next = std::min(next, machine_->deadline());
    if (recovery_.state() == proto::recovery_state::replaying)
        next = std::min(next, control_at_);
    if (usable()) {
        if (producer_)
            next = std::min(next, producer_->due());
        for (const auto& each : workers_)
            next = std::min(next, each.due());
    }
    return next;
}

void client::step(time_point now) {
    if (attempt_.at <= now)
        on_attempt(now);
    if (wait_until_ <= now) {
        wait_until_ = never;
        act(recovery_.next(on::timer{}, now), now);
    }
    if (written_at_ <= now) {
        written_at_ = never;
        if (machine_)
            machine_->sent(writing_, now);
        writing_ = 0;
    }
    if (link_ != nullptr && link_->to_client.due() <= now)
        receive(now);
    if (machine_ && machine_->deadline() <= now) {
        machine_->on_deadline(now);
        drain(now);
        check(!machine_ || machine_->deadline() > now, "a deadline that has passed is dealt with");
    }
    if (machine_ && control_at_ <= now)
        open_control(now);
    if (usable() && producer_)
        producer_->step(now);
    for (auto& each : workers_)
        if (usable())
            each.step(now);
    if (machine_)
        drain(now);
}

/// Does what recovery wants.
void client::act(const proto::any_recovery_action& action, time_point now) {
    log_.add(action.index());
    if (const auto* connect = std::get_if<act_::connect>(&action)) {
        if (log_.printing())
            log_.print(now, name_, "connect to endpoint " + std::to_string(connect->endpoint));
        judge_patience(now);
        attempt_ = net_.connect(connect->endpoint, now);
    } else if (const auto* wait = std::get_if<act_::wait>(&action)) {
        check(wait->until >= now && wait->until - now <= options_.recovery.pause_max,
              "a pause is no longer than the longest");
        wait_until_ = wait->until;
    } else if (std::holds_alternative<act_::replay>(action)) {
        record_.begin_replay();
        open_control(now);
    } else if (std::holds_alternative<act_::done>(action)) {
        if (log_.printing())
            log_.print(now, name_, "established");
    } else if (const auto* last = std::get_if<act_::give_up>(&action)) {
        check(!last->reason.code, "recovery gives up only when it is asked to");
    } else {
        check(false, "recovery is told only what may happen");
    }
}

/// Pauses are drawn, so a few may be short; many in a row cannot be.
void client::judge_patience(time_point now) {
    const auto rounds = recovery_.failed_rounds();
    if (rounds == 0)
        failing_since_ = now;
    constexpr std::uint32_t rounds_min = 40; // after that many the pauses are at their longest
    if (rounds > rounds_min)
        check(now - failing_since_ >= rounds * options_.recovery.pause_max / 16,
              "a broker that is away is not called incessantly");
}

void client::on_attempt(time_point now) {
    attempt_.at = never;
    link_ = attempt_.fault ? nullptr : net_.accept(now);
    if (link_ == nullptr) {
        const auto fault =
            attempt_.fault ? attempt_.fault : std::make_error_code(std::errc::connection_refused);
        return act(recovery_.next(on::connect_failed{{fault, {}, false, {}}}, now), now);
    }
    auto options = options_.connection;
    options.epoch_first = epoch_next_;
    machine_.emplace(std::move(options), now);
    opened_ = closed_ = false;
    drain(now);
}

void client::receive(time_point now) {
    auto piece = link_->to_client.take();
    log_.add(now);
    log_.add(piece);
    if (piece.empty())
        return lose(std::make_error_code(std::errc::connection_reset), now);
    while (!piece.empty() && machine_) {
        const auto room = machine_->input();
        check(!room.empty(), "there is always room for input");
        const auto part = std::min(room.size(), piece.size());
        std::memcpy(room.data(), piece.data(), part);
        machine_->received(part, now);
        piece.remove_prefix(part);
        drain(now);
    }
}

void client::lose(std::error_code why, time_point now) {
    link_->to_broker.finish(now); // a socket that is closed
    link_ = nullptr;
    machine_->on_lost(why);
    drain(now);
}

/// Polls and writes until nothing is left to do now.
void client::drain(time_point now) {
    while (machine_) {
        const auto* event = machine_->poll();
        if (event == nullptr)
            break;
        judge_event(*event);
        on_event(*event, now);
    }
    if (!machine_)
        return;
    check(machine_->poll() == nullptr, "nothing happens between two polls");
    write(now);
    judge();
}

void client::write(time_point now) {
    while (link_ != nullptr && writing_ == 0) {
        auto most = link_->to_broker.room();
        if (options_.write_size_max != 0)
            most = std::min<std::size_t>(most, options_.write_size_max);
        for (const auto piece : machine_->output()) {
            const auto part = piece.substr(0, most - writing_);
            link_->to_broker.write(part, now);
            writing_ += part.size();
        }
        if (writing_ == 0)
            return;
        if (options_.write_size_max % 2 != 0) { // the socket takes its time
            written_at_ = now + roll_.between(duration{1}, std::chrono::milliseconds{3});
            return;
        }
        machine_->sent(std::exchange(writing_, 0), now);
    }
}

/// After the end what is queued may still be written, once.
void client::write_rest(time_point now) {
    if (writing_ != 0)
        machine_->sent(std::exchange(writing_, 0), now);
    while (!machine_->output().empty()) {
        std::size_t size = 0;
        for (const auto piece : machine_->output()) {
            link_->to_broker.write(piece, now);
            size += piece.size();
        }
        machine_->sent(size, now);
    }
}

/// The contract of the machine, as far as it can be seen at any time.
void client::judge() const {
    const bool closed = machine_->state() == proto::connection_state::closed;
    check(!closed, "a closed machine says so");
    if (machine_->state() != proto::connection_state::open || machine_->heartbeat().count() != 0 ||
        !asked_.empty())
        check(machine_->deadline() != never, "a deadline is set");
    if (producer_)
        producer_->judge();
    for (const auto& each : workers_)
        each.judge();
}

void client::shut_down(time_point now) {
    act(recovery_.next(on::stop{}, now), now);
    attempt_.at = wait_until_ = never;
    if (!machine_)
        return;
    machine_->close(now);
    drain(now);
}

void client::judge_topology() {
    if (setup_done_ < 4 || !record_.replay().failures.empty())
        return;
    auto& there = net_.host();
    check(there.find_exchange("extra") != nullptr, "an exchange is declared again");
    check(own_queue_.empty() || there.find_queue(own_queue_) != nullptr,
          "a server-named queue is declared again");
    check(setup_done_ < 6 || there.is_bound({"extra", own_queue_, own_queue_}),
          "a binding follows its queue's new name");
}

} // namespace taskwire::simulation
