#include "server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include <array>
#include <system_error>

#include <taskwire/table.hpp>

#include "tls_identity.hpp"

namespace taskwire::test {
namespace {

constexpr int patience_ms = 5'000;

void check(int result) {
    if (result < 0)
        throw std::system_error{errno, std::generic_category()};
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

bool readable(int socket) {
    pollfd what{socket, POLLIN, 0};
    return ::poll(&what, 1, patience_ms) == 1;
}

} // namespace

spec::basic::properties arrived_message::properties() const {
    spec::basic::properties result;
    wire::reader in{property_list};
    wire::decode_properties(in, result);
    return result;
}

std::string to_bytes(std::uint16_t channel, const spec::basic::properties& properties,
                     std::string_view body, std::size_t chunk_max) {
    const auto size = content_header_fixed_size + 2 + wire::measure(properties).size;
    std::string bytes(size + frame_overhead, '\0');
    char* to = store_frame_head(bytes.data(), frame_type::header, channel, size);
    to = wire::store(to, spec::basic::properties::class_id);
    to = wire::store(to, std::uint16_t{0});
    to = wire::store(to, static_cast<std::uint64_t>(body.size()));
    store_frame_end(wire::encode_properties(to, properties));
    while (!body.empty()) {
        const auto chunk = body.substr(0, chunk_max);
        body.remove_prefix(chunk.size());
        std::string one(chunk.size() + frame_overhead, '\0');
        to = store_frame_head(one.data(), frame_type::body, channel, chunk.size());
        store_frame_end(std::copy(chunk.begin(), chunk.end(), to));
        bytes += one;
    }
    return bytes;
}

server::server(int backlog) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(socket_);
    auto address = loopback(0);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t length = sizeof address;
    check(::bind(socket_, generic, length));
    check(::listen(socket_, backlog));
    check(::getsockname(socket_, generic, &length));
    port_ = ntohs(address.sin_port);
}

server::~server() {
    ::close(socket_);
}

peer server::accept() {
    if (!readable(socket_))
        throw unexpected{"nobody connects"};
    const int accepted = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    check(accepted);
    return peer{accepted};
}

bool server::is_wanted() const {
    pollfd what{socket_, POLLIN, 0};
    return ::poll(&what, 1, 0) == 1;
}

std::vector<peer> server::fill_queue() const {
    constexpr int more_than_any_backlog_of_zero = 4;
    std::vector<peer> crowd;
    for (int i = 0; i < more_than_any_backlog_of_zero; ++i) {
        const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        check(socket);
        crowd.emplace_back(socket);
        const auto address = loopback(port_);
        ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        pollfd what{socket, POLLOUT, 0};
        if (::poll(&what, 1, 100) == 0)
            break; // ignored
    }
    return crowd;
}

bool peer::secure(const tls_identity& as) {
    const timeval patience{patience_ms / 1000, 0};
    check(::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience));
    tls_ = SSL_new(as.native());
    SSL_set_fd(tls_, socket_);
    return SSL_accept(tls_) == 1;
}

void peer::renew_keys() {
    if (SSL_key_update(tls_, SSL_KEY_UPDATE_REQUESTED) != 1)
        throw unexpected{"TLS 1.3 was not agreed on"};
}

std::string peer::server_name() const {
    const char* name = SSL_get_servername(tls_, TLSEXT_NAMETYPE_host_name);
    return name == nullptr ? "" : name;
}

bool peer::read_more() {
    if ((tls_ == nullptr || SSL_pending(tls_) == 0) && !readable(socket_))
        throw unexpected{"the client says nothing"};
    std::array<char, 65'536> bytes;
    const auto size = tls_ != nullptr ? SSL_read(tls_, bytes.data(), static_cast<int>(bytes.size()))
                                      : ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (size <= 0)
        return false; // a reset is an end too
    input_.append(bytes.data(), static_cast<std::size_t>(size));
    ++read_count_;
    return true;
}

peer::peer(int socket) : socket_(socket) {
    const timeval patience{patience_ms / 1'000, 0};
    check(::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience));
}

bool peer::send_bytes(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto size = tls_ != nullptr
                              ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                              : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size < 0 && errno == EAGAIN)
            throw unexpected{"the client neither reads nor hangs up"};
        if (size <= 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
}

std::size_t peer::flood(std::string_view bytes) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{4 * patience_ms};
    std::size_t taken = 0;
    while (send_bytes(bytes)) {
        taken += bytes.size();
        if (std::chrono::steady_clock::now() > end)
            throw unexpected{"the client takes all, for ever"};
    }
    return taken;
}

bool peer::is_left_within(std::chrono::milliseconds time) const {
    pollfd what{socket_, POLLRDHUP, 0};
    return ::poll(&what, 1, static_cast<int>(time.count())) == 1;
}

void peer::hang_up() {
    SSL_free(std::exchange(tls_, nullptr));
    if (socket_ >= 0)
        ::close(std::exchange(socket_, -1));
}

void peer::reset() {
    const linger abrupt{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &abrupt, sizeof abrupt);
    hang_up();
}

std::optional<peer::any_frame> peer::next_frame() {
    while (true) {
        const auto scan = scan_frame(input_, {0xffff'ffff, 0xffff'ffff});
        if (scan.fault)
            throw unexpected{"the client's bytes are no frame"};
        if (!scan.complete) {
            if (!read_more())
                return std::nullopt;
            continue;
        }
        any_frame result{scan.found.type, scan.found.channel, {}, std::string{scan.found.payload}};
        input_.erase(0, scan.size);
        if (result.type == frame_type::heartbeat)
            continue;
        if (result.type == frame_type::method) {
            const auto packed = wire::load<std::uint32_t>(result.payload.data());
            result.method = {static_cast<std::uint16_t>(packed >> 16U),
                             static_cast<std::uint16_t>(packed & 0xffffU)};
            result.payload.erase(0, 4);
        }
        return result;
    }
}

arrived_message peer::expect_message() {
    const auto method = expect<spec::basic::publish>();
    arrived_message result{method.channel, method.method, {}, {}};
    const auto header = next_frame();
    content_header head;
    if (!header || header->type != frame_type::header ||
        !parse_content_header(header->payload, head))
        throw unexpected{"a publish without its header"};
    result.property_list = head.property_list;
    while (result.body.size() < head.body_size) {
        const auto body = next_frame();
        if (!body || body->type != frame_type::body || body->channel != method.channel)
            throw unexpected{"a message that is interrupted"};
        result.body += body->payload;
    }
    return result;
}

void peer::expect_eof() {
    if (const auto in = next_frame())
        throw unexpected{"the client still says " + std::string{spec::method_name(in->method)}};
}

void peer::expect_header() {
    while (input_.size() < protocol_header.size())
        if (!read_more())
            throw unexpected{"the client hung up before its header"};
    if (!input_.starts_with(protocol_header))
        throw unexpected{"no AMQP 0-9-1 header"};
    input_.erase(0, protocol_header.size());
}

void peer::send_start(bool failure_close_announced, std::string_view mechanisms) {
    table capabilities;
    capabilities.append("authentication_failure_close", failure_close_announced);
    table properties;
    properties.append("capabilities", capabilities);
    send(0, spec::connection::start{0, 9, properties, mechanisms, "en_US"});
}

void peer::open(const tune& offer) {
    expect_header();
    send_start();
    expect<spec::connection::start_ok>();
    send(0, spec::connection::tune{offer.channel_max, offer.frame_max, offer.heartbeat});
    expect<spec::connection::tune_ok>();
    expect<spec::connection::open>();
    send(0, spec::connection::open_ok{});
}

std::uint16_t peer::open_channel() {
    const auto number = expect<spec::channel::open>().channel;
    send(number, spec::channel::open_ok{});
    return number;
}

void peer::expect_goodbye() {
    expect<spec::connection::close>();
    send(0, spec::connection::close_ok{});
    expect_eof();
}

} // namespace taskwire::test
