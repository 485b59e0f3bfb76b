#include <simulation/world.hpp>

#include <algorithm>
#include <memory>
#include <vector>

#include <simulation/client.hpp>
#include <simulation/network.hpp>

namespace taskwire::simulation {

using namespace std::chrono_literals;

namespace {

/// Once nothing goes wrong any more: time for what is still open to time out, to be noticed and to
/// be done again, and for all tasks to be published and worked one after another.
constexpr duration settling_time_max = 120s;
constexpr duration closing_time_max = 30s;
constexpr std::uint32_t events_max = 100'000;

class world {
  public:
    world(std::uint64_t seed, bool tracing)
        : roll_(seed),
          options_(roll_),
          log_(tracing),
          net_(options_, roll_, log_),
          book_(options_.task_count) {
        const auto add = [&](bool produces, std::uint32_t workers) {
            clients_.push_back(std::make_unique<client>(net_, options_, roll_, log_, book_,
                                                        static_cast<unsigned>(clients_.size()),
                                                        produces, workers));
        };
        add(true, options_.one_connection ? options_.worker_count : 0);
        if (!options_.one_connection)
            add(false, options_.worker_count);
    }

    outcome live() {
        const auto settling_end =
            options_.faults_end + settling_time_max +
            options_.task_count * 4 * (options_.work_max + options_.publish_pause + 1s);
        while (now_ < options_.faults_end || !settled()) {
            step();
            check(now_ <= settling_end, "all settles once the faults have stopped");
        }
        for (auto& each : clients_)
            each->judge_topology();
        for (auto& each : clients_)
            each->shut_down(now_);
        const auto closing_end = now_ + closing_time_max;
        while (!over()) {
            step();
            check(now_ <= closing_end, "all closes in time");
        }
        return {log_.hash(), events_, now_ - beginning};
    }

    time_point now() const { return now_; }

  private:
    bool settled() const {
        return book_.all_confirmed() && book_.all_worked() &&
               std::all_of(clients_.begin(), clients_.end(),
                           [&](const auto& each) {
                               return each->is_established() && net_.serves(&each->wire());
                           }) &&
               net_.connections() == clients_.size() && net_.is_quiet();
    }

    bool over() const {
        return std::all_of(clients_.begin(), clients_.end(),
                           [](const auto& each) { return each->is_over(); }) &&
               net_.connections() == 0;
    }

    void step() {
        auto next = net_.due();
        for (const auto& each : clients_)
            next = std::min(next, each->due());
        // When all has settled early nothing may be due until the faults' end.
        now_ = std::max(now_, next == never ? options_.faults_end : next);
        log_.add(now_);
        if (net_.due() <= now_)
            net_.step(now_);
        for (auto& each : clients_)
            if (each->due() <= now_)
                each->step(now_);
        net_.deliver(now_);
        check(++events_ < events_max, "nobody spins");
    }

    dice roll_;
    scenario options_;
    transcript log_;
    network net_;
    task_book book_;
    std::vector<std::unique_ptr<client>> clients_;
    time_point now_ = beginning;
    std::uint32_t events_ = 0;
};

} // namespace

outcome run(std::uint64_t seed, bool tracing) {
    world each{seed, tracing};
    return each.live();
}

} // namespace taskwire::simulation
