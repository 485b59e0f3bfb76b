#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

/// TCP connections that go wrong when they are told to.
namespace taskwire::chaos {

/// Where bytes go: up to the target, or down to who connected.
enum class way : std::uint8_t { up, down };
inline constexpr std::array both_ways{way::up, way::down};

/// What holds for every connection of a listener, those to come included.
struct conditions {
    using time_point = std::chrono::steady_clock::time_point;
    std::array<time_point, 2> stalled_until{};  ///< nothing is forwarded before
    std::chrono::milliseconds delay{};          ///< of each chunk; the next one is read afterwards
    std::size_t bytes_per_s = 0;                ///< each way; 0 is no limit
    std::array<std::uint64_t, 2> forwarded{};   ///< bytes
    std::function<void(const char*)> tell;      ///< "accepted", "cut", "ended"
};

/// One accepted connection and its twin to the target.
///
/// Each way holds one chunk at a time, so that its memory is bounded and who sends is held back.
/// *Lifetimes*: kept alive by what it waits for. *Thread safety*: none.
class link : public std::enable_shared_from_this<link> {
  public:
    link(asio::ip::tcp::socket accepted, std::shared_ptr<conditions> under);

    void start(const asio::ip::tcp::endpoint& target);
    /// The conditions have changed.
    void wake();
    /// Ends after so many more bytes of this way, with RST or in good order.
    void cut_after(way which, std::size_t bytes, bool with_reset);
    /// The receiver of this way reads the end of it; what comes for it is dropped from now on.
    void half_close(way which);
    void end(bool with_reset);
    bool is_open() const { return !is_ended_; }

  private:
    static constexpr std::size_t chunk_max = std::size_t{16} * 1024;
    struct cut {
        std::size_t bytes_left = 0;
        bool with_reset = false;
    };
    struct half {
        explicit half(const asio::any_io_executor& on) : timer(on) {}
        std::array<char, chunk_max> chunk{};
        std::size_t size = 0;
        bool is_delayed = false; ///< the chunk has had its delay
        bool is_closed = false;
        std::optional<cut> armed;
        asio::steady_timer timer;
    };

    half& of(way which) { return halves_[static_cast<std::size_t>(which)]; }
    asio::ip::tcp::socket& source(way which) { return which == way::up ? near_ : far_; }
    asio::ip::tcp::socket& target(way which) { return which == way::up ? far_ : near_; }
    void read(way which);
    void hold(way which);
    void write(way which);
    void on_written(way which, std::size_t size);
    void finish(way which);

    std::shared_ptr<conditions> under_;
    asio::ip::tcp::socket near_;
    asio::ip::tcp::socket far_;
    std::array<half, 2> halves_;
    bool is_started_ = false;
    bool is_ended_ = false;
};

/// Accepts on a loopback port of its own and forwards to another.
class listener {
  public:
    listener(asio::io_context& context, std::uint16_t target_port);

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    std::uint64_t accepted() const { return accepted_; }
    conditions& state() { return *under_; }
    /// For connections to come.
    void set_target(std::uint16_t port) { target_.port(port); }
    /// Those that are open.
    std::vector<std::shared_ptr<link>> links();
    void wake();

  private:
    void accept();

    asio::ip::tcp::acceptor acceptor_;
    asio::ip::tcp::endpoint target_;
    std::shared_ptr<conditions> under_ = std::make_shared<conditions>();
    std::vector<std::weak_ptr<link>> links_;
    std::uint64_t accepted_ = 0;
};

} // namespace taskwire::chaos
