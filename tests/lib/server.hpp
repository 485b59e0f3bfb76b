#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <taskwire/frame.hpp>
#include <taskwire/owned.hpp>
#include <taskwire/spec.gen.hpp>
#include <taskwire/wire.hpp>

struct ssl_st; // OpenSSL's SSL

/// The other end of the wire for tests of the client: a server that says what the test says.
namespace taskwire::test {

class tls_identity;

/// A method that came from the client, with the channel on which it came.
template <class Method>
struct arrived {
    std::uint16_t channel = 0;
    owned<Method> method{};
    const Method* operator->() const { return &*method; }
};

/// A message that came from the client.
struct arrived_message {
    std::uint16_t channel = 0;
    owned<spec::basic::publish> method;
    std::string property_list;
    std::string body;

    spec::basic::properties properties() const;
};

/// What the client said was not what the test expects, or nothing came in time.
class unexpected : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// What the server offers in connection.tune.
struct tune {
    std::uint16_t channel_max = 2047;
    std::uint32_t frame_max = 131'072;
    std::uint16_t heartbeat = 0;
};

/// The server's end of one TCP connection; reads and writes block for five seconds at most.
/// *Errors*: throws `unexpected`.
class peer {
  public:
    peer() = default;
    explicit peer(int socket);
    peer(peer&& other) noexcept { swap(other); }
    peer& operator=(peer&& other) noexcept {
        swap(other);
        return *this;
    }
    ~peer() { hang_up(); }

    // The way to an open connection, in steps and as a whole.
    /// The server's side of a TLS handshake; false when it fails, as it may at the client's will.
    bool secure(const tls_identity& as);
    void expect_header();
    void send_start(bool failure_close_announced = true,
                    std::string_view mechanisms = "PLAIN AMQPLAIN");
    void open(const tune& offer = {});
    /// Answers channel.open.
    std::uint16_t open_channel();
    /// Answers connection.close, then waits for the client to hang up.
    void expect_goodbye();

    /// The next frame must be this method; anything but a heartbeat is a failure.
    template <class Method>
    arrived<Method> expect();
    arrived_message expect_message();
    /// The client must hang up without another word.
    void expect_eof();
    /// The next method frame, whatever it is; nothing when the client hung up.
    struct any_frame {
        frame_type type{};
        std::uint16_t channel = 0;
        method_id method{};
        std::string payload; ///< of a method frame, its arguments
    };
    std::optional<any_frame> next_frame();

    template <class Method>
    void send(std::uint16_t channel, const Method& method);
    template <class Method>
    void send_message(std::uint16_t channel, const Method& method,
                      const spec::basic::properties& properties, std::string_view body);
    /// False when the client is gone; what the test expects next will say so too.
    bool send_bytes(std::string_view bytes);
    /// Sends the same again and again, and reads nothing, until the client is gone. The number of
    /// bytes that it took.
    std::size_t flood(std::string_view bytes);
    /// Waits so long for the client to hang up; true when it did.
    bool is_left_within(std::chrono::milliseconds time) const;

    void hang_up();
    /// Hangs up with a TCP reset.
    void reset();

    /// With TLS 1.3: new keys, of which the client has to tell its own. Goes with the next bytes.
    void renew_keys();
    /// The name that the client asked for in the TLS handshake; "" if it named none.
    std::string server_name() const;
    /// How often bytes arrived; with TLS, the number of records.
    std::size_t read_count() const { return read_count_; }

  private:
    void swap(peer& other) noexcept {
        std::swap(socket_, other.socket_);
        std::swap(tls_, other.tls_);
        std::swap(input_, other.input_);
        std::swap(read_count_, other.read_count_);
    }
    bool read_more();

    int socket_ = -1;
    ssl_st* tls_ = nullptr;
    std::string input_;
    std::size_t read_count_ = 0;
};

/// A listening socket on loopback.
class server {
  public:
    explicit server(int backlog = 16);
    server(const server&) = delete;
    server& operator=(const server&) = delete;
    ~server();

    std::uint16_t port() const { return port_; }
    peer accept();
    /// A client waits to be accepted.
    bool is_wanted() const;
    /// Connects until the queue of a server with a small backlog is full: from then on the kernel
    /// ignores who wants to connect.
    std::vector<peer> fill_queue() const;

  private:
    int socket_ = -1;
    std::uint16_t port_ = 0;
};

/// A method frame.
template <class Method>
std::string to_bytes(std::uint16_t channel, const Method& method) {
    const auto size = 4 + wire::measure(method).size;
    std::string bytes(size + frame_overhead, '\0');
    char* to = store_frame_head(bytes.data(), frame_type::method, channel, size);
    store_frame_end(wire::encode(wire::store(to, Method::id.packed()), method));
    return bytes;
}

/// A header frame, and body frames of at most `chunk_max` bytes.
std::string to_bytes(std::uint16_t channel, const spec::basic::properties& properties,
                     std::string_view body, std::size_t chunk_max = 100'000);

template <class Method>
arrived<Method> peer::expect() {
    const auto in = next_frame();
    if (!in)
        throw unexpected{"the client hung up instead of " + std::string{Method::name}};
    if (in->type != frame_type::method || in->method != Method::id)
        throw unexpected{"expected " + std::string{Method::name} + ", got " +
                         (in->type == frame_type::method
                              ? std::string{spec::method_name(in->method)}
                              : "a frame of type " + std::to_string(static_cast<int>(in->type)))};
    return {in->channel, owned<Method>{in->payload}};
}

template <class Method>
void peer::send(std::uint16_t channel, const Method& method) {
    send_bytes(to_bytes(channel, method));
}

template <class Method>
void peer::send_message(std::uint16_t channel, const Method& method,
                        const spec::basic::properties& properties, std::string_view body) {
    send_bytes(to_bytes(channel, method) + to_bytes(channel, properties, body));
}

} // namespace taskwire::test
