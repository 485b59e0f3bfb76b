#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <taskwire/spec.gen.hpp>

/// The broker's side of one connection, as little of it as a client needs to be measured.
namespace taskwire::bench {

struct sink_options {
    std::size_t body_size = 256;    ///< bytes, of what it delivers
    bool confirm_each = false;      ///< one confirm a message instead of one a read
    std::uint64_t confirm_from = 0; ///< confirms nothing before so many publishes have come
};

/// Counts publishes and confirms them, or delivers up to the prefetch and counts what is settled. A
/// consumer with no_ack gets one delivery for each publish, for measuring roundtrips.
///
/// It knows no queue and checks nothing: bytes in, bytes out. Bodies are skipped, not looked at.
/// What a wake-up costs does not grow with channels that have nothing to say.
class sink {
  public:
    explicit sink(const sink_options& options) : options_(options) {}

    /// Takes what was read. False once the connection is to be closed.
    bool received(std::string_view bytes);
    /// Tops `output` up to about `output_max` bytes.
    void deliver();
    /// What is to be written; erase from the front what was.
    std::string output;

    std::uint64_t published() const { return published_; }
    std::uint64_t settled() const { return settled_; }

  private:
    struct channel {
        std::uint64_t body_due = 0; ///< bytes of the message that is coming in
        std::uint64_t published = 0;
        std::uint64_t delivered = 0;
        std::uint64_t settled = 0;
        std::uint64_t prefetch = 0;
        bool confirm = false;
        bool consumed = false;
        bool confirm_due = false;
        bool delivery_due = false;
        std::string message;    ///< a delivery in wire form, tag to be filled in
        std::size_t tag_at = 0; ///< where
    };

    std::size_t take(std::string_view bytes);
    void on_method(std::uint16_t number, method_id id, std::string_view arguments);
    void on_body(std::uint16_t number);
    void on_ack(std::uint16_t number, std::string_view arguments);
    void on_consume(std::uint16_t number, std::string_view arguments);
    void make_due(std::uint16_t number);
    void put_delivery(channel& where);
    void confirm();

    sink_options options_;
    std::string partial_;       ///< the beginning of a frame
    std::size_t body_left_ = 0; ///< bytes to skip
    std::uint16_t body_channel_ = 0;
    std::vector<channel> channels_;
    std::vector<std::uint16_t> confirms_due_;   ///< channels
    std::vector<std::uint16_t> deliveries_due_; ///< channels whose prefetch has room
    std::uint16_t echo_channel_ = 0;            ///< of the consumer with no_ack; 0: there is none
    std::uint64_t published_ = 0;
    std::uint64_t settled_ = 0;
    bool closing_ = false;
};

} // namespace taskwire::bench
