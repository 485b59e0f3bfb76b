#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <taskwire/proto/encoded_method.hpp>
#include <taskwire/proto/event.hpp>

namespace taskwire::proto {

/// What a client has declared and bound, and will declare and bind again on a new connection.
///
/// Its owner tells it of every request that *succeeded* (`note`), of every consumer that begins or
/// ends for good, and, after a loss, sends what `next_step` hands out one at a time and feeds the
/// result back:
///
///     record.begin_replay();
///     while (auto method = record.next_step())
///         ... request(*method) ...; record.step_succeeded(reply) or record.step_failed(reason);
///     report(record.replay());
///
/// It follows what the broker does by itself: a queue or exchange takes its bindings along, an
/// auto-delete queue goes with its last consumer and an auto-delete exchange with its last binding.
/// Passive declarations are not recorded; exclusive queues are, they went with their connection. A
/// server-named queue is declared with an empty name again; its new name is put into its bindings,
/// also as a routing key where the old one stood.
///
/// Every call costs O(log n) in what is recorded, or in the bindings that it drops or changes.
/// *Lifetimes*: it owns all bytes.
/// *Errors*: none; requests of other kinds are ignored.
/// *Source*: AMQP 0-9-1, 1.6 (exchange) and 1.7 (queue); RabbitMQ's rules for auto-delete.
class topology {
  public:
    /// A server-named queue has another name on the new connection.
    struct renaming {
        std::string old_name;
        std::string new_name;
        friend bool operator==(const renaming&, const renaming&) = default;
    };
    /// What could not be restored. It stays in the record.
    struct failure {
        encoded_method method;
        close_reason why;
    };
    struct report {
        std::size_t restored = 0;
        std::vector<failure> failures;
        std::vector<renaming> renamings;
    };

    // what happened
    /// Is a request of this kind worth noting?
    static bool is_noted(method_id method);
    void note(channel_id where, const encoded_method& request, std::string_view reply_arguments);
    /// The channel closed: "the queue last declared there" means nothing any more.
    void forget_channel(channel_id where);
    /// Each consumer ends once, also when its queue was deleted. A loss of the connection ends
    /// none: the queue is consumed again.
    void consumer_began(std::string_view queue);
    void consumer_ended(std::string_view queue);

    // replay
    void begin_replay();
    /// The next request to send; nothing when the replay is over. Until the result of one is known
    /// the same is handed out.
    std::optional<encoded_method> next_step();
    /// Returns the new name of a server-named queue, for its consumers.
    std::optional<renaming> step_succeeded(std::string_view reply_arguments);
    /// With a server-named queue its bindings fail, too: its old name means nothing any more.
    void step_failed(const close_reason& why);
    /// What the present or last replay has come to.
    const report& replay() const { return report_; }

    // ask
    std::size_t size() const { return entries_.size(); }
    /// What an empty queue name means on that channel; empty when nothing was declared there.
    std::string_view last_declared_queue(channel_id where) const;

  private:
    using place = std::uint64_t; ///< ascends in the order of recording; 0: none
    enum class kind : char { exchange = 'x', queue = 'q' };
    enum class role { exchange, queue, exchange_binding, queue_binding };

    struct entry {
        role what = role::queue;
        std::string arguments; ///< of declare or bind
        std::string name;      ///< of what is declared, as it is called now
    };
    using node_keys = std::vector<std::string>;
    /// An exchange or a queue: recorded itself, or only the end of a binding or a consumer's queue.
    struct node {
        place declared = 0;
        bool auto_delete = false;
        bool server_named = false;
        std::size_t consumers = 0;
        std::size_t bindings_from = 0; ///< how many of `bindings` have it as their source
        std::set<place> bindings;      ///< from and to it
    };
    /// A binding's ends, as views into its entry.
    struct binding {
        role what = role::queue_binding;
        std::string_view source;
        std::string_view destination;
        std::string_view routing_key;
        table_view arguments;
    };

    static std::string key_of(kind what, std::string_view name);
    static std::string key_of(const binding& each);
    static std::string encode(const binding& each);
    static binding parse_binding(const entry& each);
    static kind destination_kind(role what);
    static method_id method_of(role what);

    void note_exchange(const encoded_method& request);
    void note_queue(channel_id where, const encoded_method& request, std::string_view reply);
    void declare(kind what, std::string_view name, bool auto_delete, std::string arguments);
    void bind(const binding& each);
    void unbind(const binding& each);
    void drop(kind what, std::string_view name);
    void drop_all(node_keys doomed);
    void drop_binding(place which, node_keys& doomed);
    void detach(const std::string& node_key, place which);
    void forget_if_empty(const std::string& node_key);
    void rename(const std::string& old_name, const std::string& new_name);
    std::string_view name_or_last(std::string_view name, channel_id where) const;
    encoded_method method_at(place which) const;

    std::map<place, entry> entries_;
    std::unordered_map<std::string, node> nodes_;         ///< by kind and name
    std::unordered_map<std::string, place> bindings_;     ///< by what makes them the same
    std::unordered_map<std::uint64_t, std::string> last_; ///< queue last declared, by epoch
    place next_place_ = 1;
    place step_ = 0; ///< the one whose result is due; else the last one done
    bool step_due_ = false;
    place replay_end_ = 0;    ///< what is recorded later is there already
    std::set<place> skipped_; ///< cannot succeed in this replay, and were reported
    report report_;
};

} // namespace taskwire::proto
