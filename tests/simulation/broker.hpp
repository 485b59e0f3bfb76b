#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <simulation/link.hpp>
#include <simulation/scenario.hpp>

namespace taskwire::simulation {

class session;

/// A message in a queue, or with a consumer. Its index in the broker's store is its age.
struct message {
    std::uint32_t task = 0; ///< 0: none of ours
    std::string properties; ///< as they came, flags first
    std::string body;
    std::string routing_key;
    bool redelivered = false;
    bool on_disk = false;
    bool gone = false;
};

struct consumer_of_queue {
    session* owner = nullptr;
    std::uint16_t channel = 0;
    std::string tag;
};

struct queue {
    std::string name;
    bool durable = false;
    bool auto_delete = false;
    session* exclusive_to = nullptr;
    std::vector<std::uint32_t> ready; ///< messages, oldest first
    std::vector<consumer_of_queue> consumers;
    std::size_t next_consumer = 0;
    bool was_consumed = false;
};

struct exchange {
    std::string name;
    bool durable = false;
};

struct binding {
    std::string exchange;
    std::string queue;
    std::string routing_key;
};

/// What a RabbitMQ keeps beyond a connection: queues, exchanges, bindings, messages, and which
/// tasks it has on disk. Simple on purpose: it is what the client is judged by.
class broker {
  public:
    broker(const scenario& options, dice& roll, transcript& log);

    const scenario& options;
    dice& roll;
    transcript& log;

    // topology
    queue* find_queue(std::string_view name);
    exchange* find_exchange(std::string_view name);
    std::string new_queue_name() { return "amq.gen-" + std::to_string(++named_); }
    queue& add_queue(queue each);
    void add_exchange(exchange each) { exchanges_.push_back(std::move(each)); }
    void bind(binding each);
    void unbind(const binding& each);
    bool is_bound(const binding& each) const;
    void delete_queue(std::string_view name);

    // messages
    message& at(std::uint32_t index) { return store_[index]; }
    /// Puts a message into every queue that a binding leads to; returns its copies.
    std::vector<std::uint32_t> route(const message& published, std::string_view exchange);
    void put_back(queue& where, std::uint32_t index);
    void note_on_disk(std::uint32_t index);
    bool has_on_disk(std::uint32_t task) const { return task < logged_.size() && logged_[task]; }
    std::uint64_t next_delivery_number() { return ++deliveries_; }
    /// Hands ready messages to consumers that may have more.
    void deliver(time_point now);

    // faults
    /// Loses what is not durable or, in part, not yet on disk. All sessions have ended before.
    void restart();
    void forget_session(session& ended);
    void forget_consumers(const session& of, std::uint16_t channel);

    std::vector<std::unique_ptr<queue>> queues;

  private:
    void drop_unused();

    std::vector<exchange> exchanges_;
    std::vector<binding> bindings_;
    std::vector<message> store_;
    std::vector<bool> logged_;
    std::uint64_t deliveries_ = 0;
    std::uint32_t named_ = 0;
};

/// A task's number from its message id; 0: it has none.
std::uint32_t task_of(std::string_view message_id);

} // namespace taskwire::simulation
