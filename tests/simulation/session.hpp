#pragma once

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include <simulation/broker.hpp>
#include <taskwire/frame.hpp>
#include <taskwire/spec.gen.hpp>

namespace taskwire::simulation {

/// The broker's end of one connection. It uses the same codec, answers as RabbitMQ does, and is
/// pedantic: whatever RabbitMQ would punish is a failure of the simulation.
class session {
  public:
    session(broker& home, link& wire, unsigned number, time_point now);

    time_point due() const;
    void step(time_point now);
    bool ended() const { return place_ == place::ended; }
    bool is_open() const { return place_ == place::open; }
    bool holds_deliveries() const;

    // for the broker
    bool takes_delivery(std::uint16_t number) const;
    void deliver(const consumer_of_queue& to, std::string_view from, std::uint32_t index,
                 time_point now);

    // faults
    void cut_after_output(std::uint32_t frames) { output_left_ = frames + 1; }
    void cut_after_input(std::uint32_t frames) { input_left_ = frames + 1; }
    void close_connection(time_point now);
    void close_channels(time_point now);
    void cancel_consumers(time_point now);
    void set_alarm(bool on, time_point now);
    void set_flow(bool active, time_point now);
    void reset(time_point now);

  private:
    enum class place { header, start, tune, open_ok, open, closing, ended };
    enum class channel_place { free, open, closing };

    struct unacked {
        std::uint64_t tag = 0;
        std::uint32_t message = 0;
        std::uint64_t number = 0; ///< of the delivery, in the broker's life
        std::string queue_name;   ///< the queue may be gone
    };
    struct unconfirmed {
        std::uint64_t sequence = 0;
        std::vector<std::uint32_t> copies;
        bool nack = false;
    };
    struct channel {
        channel_place place = channel_place::free;
        bool confirm_mode = false;
        bool flow_active = true;
        std::uint16_t prefetch = 0;
        std::uint32_t cancels_to_answer = 0;
        std::uint64_t next_sequence = 1;
        std::uint64_t next_tag = 1;
        std::vector<unconfirmed> waiting; ///< publishes
        std::vector<unacked> deliveries;
        // content on its way in
        bool header_due = false;
        std::uint64_t body_due = 0;
        bool mandatory = false;
        std::string exchange;
        message incoming;
    };

    // session.cpp: frames, login, faults
    void parse();
    void on_frame(const frame& each);
    void on_connection_method(method_id id, std::string_view arguments);
    void on_tune_ok(std::string_view arguments);
    void keep_heartbeat();
    void flush();
    void finish();
    void release(channel& which);
    void count_output();
    char* prepare(std::size_t size);
    /// `no_wait` sets a last bit that clients may not set, so that it is no member.
    template <class Method>
    void write(std::uint16_t where, const Method& method, bool no_wait = false);
    void write_content(std::uint16_t where, const message& each,
                       const spec::basic::properties& properties);
    template <class Method>
    Method decoded(std::string_view arguments) const;
    void tell(std::string_view direction, const frame& each) const;

    // session_channel.cpp: what happens on channels
    void on_channel_method(std::uint16_t number, method_id id, std::string_view arguments);
    void on_exchange_method(std::uint16_t number, method_id id, std::string_view arguments);
    void on_queue_method(std::uint16_t number, method_id id, std::string_view arguments);
    void on_queue_declare(std::uint16_t number, std::string_view arguments);
    void on_basic_method(std::uint16_t number, method_id id, std::string_view arguments);
    void on_consume(std::uint16_t number, std::string_view arguments);
    void on_cancel(std::uint16_t number, std::string_view arguments);
    void on_settle(channel& where, std::uint64_t tag, bool multiple, bool requeue);
    void on_content_frame(const frame& each);
    void on_published(std::uint16_t number);
    void confirm_some();
    void confirm_some(std::uint16_t number);
    void give_back(std::uint16_t number, const message& each);
    queue* usable_queue(std::uint16_t number, std::string_view name);
    void refuse(std::uint16_t number, spec::reply_code code, std::string_view text);

    broker& home_;
    link& link_;
    std::string name_;
    place place_ = place::header;
    time_point now_;
    std::string in_;
    std::string out_;
    std::array<channel, 13> channels_; ///< by number; a client here never needs more
    std::uint32_t frame_max_ = 8192;   ///< 0: no limit
    std::chrono::seconds heartbeat_{0};
    meant_ack meant_; ///< by the acknowledgement that is being looked at
    bool alarm_ = false;
    bool blocked_ = false;
    std::uint32_t output_left_ = 0; ///< frames until the cut; 0: no cut
    std::uint32_t input_left_ = 0;
    time_point confirm_at_ = never;
    time_point give_up_at_;
    time_point last_read_;
    time_point last_written_;
};

template <class Method>
Method session::decoded(std::string_view arguments) const {
    Method method;
    wire::reader in{arguments};
    check(wire::decode(in, method), "the client's arguments can be decoded");
    return method;
}

template <class Method>
void session::write(std::uint16_t where, const Method& method, bool no_wait) {
    const auto size = 4 + wire::measure(method).size;
    char* to = prepare(size);
    to = store_frame_head(to, frame_type::method, where, size);
    to = wire::store(to, Method::id.packed());
    to = wire::encode(to, method);
    if (no_wait)
        to[-1] = static_cast<char>(to[-1] | 1);
    store_frame_end(to);
    count_output();
}

} // namespace taskwire::simulation
