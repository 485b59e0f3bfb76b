#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>

#include <taskwire/client.hpp>

#include "client.hpp"

namespace taskwire::test {

/// What a client tells, kept for the test's thread.
class seen_events {
  public:
    void add(const any_client_event& event) {
        const std::lock_guard lock{mutex_};
        events_.push_back(event);
        changed_.notify_all();
    }

    /// The next event of that kind; what comes before it is forgotten.
    template <class Event>
    Event next() {
        std::unique_lock lock{mutex_};
        while (true) {
            if (!changed_.wait_for(lock, patience, [this] { return !events_.empty(); }))
                throw std::runtime_error{"the client told nothing in time"};
            const auto event = std::move(events_.front());
            events_.pop_front();
            if (const auto* wanted = std::get_if<Event>(&event))
                return *wanted;
        }
    }
    bool is_empty() {
        const std::lock_guard lock{mutex_};
        return events_.empty();
    }
    client_event::recovered recovered() { return next<client_event::recovered>(); }
    client_event::lost lost() { return next<client_event::lost>(); }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<any_client_event> events_;
};

/// A client that is connected to a server which the test plays, and plays again.
/// *Lifetimes*: as those of `connected`.
class recovering {
  public:
    explicit recovering(client_options options = {}, std::vector<endpoint> others = {}) {
        options.connect = options_for(listener.port());
        for (auto& each : others)
            options.connect.endpoints.push_back(std::move(each));
        // Tests lose connections right after they were opened.
        options.recovery.stable_after = 0ms;
        options.on_event = [this, also = options.on_event](const any_client_event& event) {
            if (also)
                also(event);
            seen.add(event);
        };
        auto opening = client::open(runner.executor(), options, use_future);
        reconnect();
        near = take(std::move(opening));
    }

    /// Sends a request of the client and answers it; all of them use one channel.
    template <class Method, class Reply>
    void request(const Method& method, const Reply& reply) {
        auto asking = near.request(method, use_future);
        if (!std::exchange(has_request_channel_, true))
            far.open_channel();
        far.expect<Method>();
        far.send(1, reply);
        take(std::move(asking));
    }

    consumer consume(const std::string& queue, std::uint16_t channel = 1) {
        auto opening = near.open_consumer(queue, {}, use_future);
        accept_consumer(channel);
        return take(std::move(opening));
    }

    /// Returns the queue that is consumed.
    std::string accept_consumer(std::uint16_t channel = 1) {
        far.open_channel();
        return start_consumer(channel);
    }
    std::string start_consumer(std::uint16_t channel) {
        far.expect<spec::basic::qos>();
        far.send(channel, spec::basic::qos_ok{});
        const auto consume = far.expect<spec::basic::consume>();
        far.send(channel, spec::basic::consume_ok{"ctag"});
        return std::string{consume->queue};
    }

    publisher open_publisher(const publisher_options& options = {}) {
        auto opening = near.open_publisher(options, use_future);
        accept_publisher();
        return take(std::move(opening));
    }

    void accept_publisher() { confirm_publisher(far.open_channel()); }
    void confirm_publisher(std::uint16_t channel) {
        far.expect<spec::confirm::select>();
        far.send(channel, spec::confirm::select_ok{});
    }

    static std::future<publish_outcome> publish(const publisher& to, const std::string& body) {
        const std::string id = "id of " + body;
        return to.publish({.routing_key = "q"}, {.message_id = id}, body, use_future);
    }

    void deliver(std::uint64_t tag, std::string_view body, bool redelivered = false) {
        far.send_message(1, spec::basic::deliver{"ctag", tag, redelivered, "", "jobs"}, {}, body);
    }

    void lose() {
        far.hang_up();
        seen.lost();
    }
    void reconnect() {
        far = listener.accept();
        far.open();
    }
    void lose_and_reconnect() {
        lose();
        reconnect();
    }

    seen_events seen;
    client_thread runner;
    server listener;
    peer far;
    client near;

  private:
    bool has_request_channel_ = false;
};

} // namespace taskwire::test
