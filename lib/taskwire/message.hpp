#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include <taskwire/proto/event.hpp>
#include <taskwire/spec.gen.hpp>

namespace taskwire {

/// What it takes to settle a delivery: its tag, and the channel's incarnation that it belongs to.
struct delivery_id {
    proto::channel_id channel;
    std::uint64_t delivery_tag = 0;
    friend constexpr bool operator==(delivery_id, delivery_id) = default;
};

/// A message that was delivered or got, with all its bytes: in one block, or, when the body came in
/// memory of its own, in two.
///
/// *Lifetimes*: its views live as long as it does, also when it is moved.
class delivery {
  public:
    delivery() = default;
    delivery(proto::channel_id channel, const spec::basic::deliver& method,
             const proto::content& message);
    delivery(proto::channel_id channel, const spec::basic::get_ok& method,
             const proto::content& message);

    std::string_view consumer_tag() const { return part(0, consumer_tag_size_); }
    std::uint64_t delivery_tag() const { return delivery_tag_; }
    bool redelivered() const { return redelivered_; }
    std::string_view exchange() const { return part(consumer_tag_size_, exchange_size_); }
    std::string_view routing_key() const {
        return part(std::size_t{consumer_tag_size_} + exchange_size_, routing_key_size_);
    }
    spec::basic::properties properties() const;
    std::string_view body() const {
        if (body_)
            return {body_.get(), body_size_};
        return part(properties_at() + property_list_size_, body_size_);
    }
    /// Bytes of all of it: names, properties and body.
    std::size_t size() const { return properties_at() + property_list_size_ + body_size_; }

    /// Names the channel's incarnation: what is settled elsewhere is refused as stale.
    proto::channel_id channel() const { return channel_; }
    delivery_id id() const { return {channel_, delivery_tag_}; }
    /// A delivery can be settled by its id alone, when its bytes are gone.
    operator delivery_id() const { return id(); }

  private:
    void keep(std::string_view consumer_tag, std::string_view exchange,
              std::string_view routing_key, const proto::content& message);

    std::size_t properties_at() const {
        return std::size_t{consumer_tag_size_} + exchange_size_ + routing_key_size_;
    }
    std::string_view part(std::size_t at, std::size_t size) const {
        return {bytes_.get() + at, size};
    }

    std::unique_ptr<char[]> bytes_; ///< consumer tag, exchange, routing key, properties, body
    std::unique_ptr<char[]> body_;  ///< when it is not among them
    std::size_t body_size_ = 0;
    std::uint32_t property_list_size_ = 0;
    std::uint8_t consumer_tag_size_ = 0;
    std::uint8_t exchange_size_ = 0;
    std::uint8_t routing_key_size_ = 0;
    bool redelivered_ = false;
    std::uint64_t delivery_tag_ = 0;
    proto::channel_id channel_;
};

/// What `basic.get` brings.
struct got {
    bool empty = true;
    delivery message;                ///< when not empty
    std::uint32_t message_count = 0; ///< ready messages left in the queue
    got() = default;
    got(delivery from, std::uint32_t left)
        : empty(false), message(std::move(from)), message_count(left) {}
};

} // namespace taskwire
