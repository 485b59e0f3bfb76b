#include "fault_proxy.hpp"

#include <algorithm>
#include <utility>

#include <asio/io_context.hpp>
#include <asio/write.hpp>

namespace taskwire::chaos {

using asio::ip::tcp;

// --- link

link::link(tcp::socket accepted, std::shared_ptr<conditions> under)
    : under_(std::move(under)),
      near_(std::move(accepted)),
      far_(near_.get_executor()),
      halves_{half{near_.get_executor()}, half{near_.get_executor()}} {}

void link::start(const tcp::endpoint& target) {
    far_.async_connect(target, [this, self = shared_from_this()](std::error_code fault) {
        if (fault || is_ended_)
            return end(true);
        std::error_code ignored;
        near_.set_option(tcp::no_delay{true}, ignored);
        far_.set_option(tcp::no_delay{true}, ignored);
        is_started_ = true;
        for (const auto which : both_ways)
            read(which);
    });
}

void link::wake() {
    for (auto& each : halves_)
        each.timer.cancel();
}

void link::cut_after(way which, std::size_t bytes, bool with_reset) {
    of(which).armed = cut{bytes, with_reset};
    if (bytes == 0)
        end(with_reset);
}

void link::half_close(way which) {
    std::error_code ignored;
    of(which).is_closed = true;
    target(which).shutdown(tcp::socket::shutdown_send, ignored);
    of(which).timer.cancel();
}

void link::end(bool with_reset) {
    if (std::exchange(is_ended_, true))
        return;
    wake();
    std::error_code ignored;
    for (auto* each : {&near_, &far_}) {
        if (with_reset)
            each->set_option(asio::socket_base::linger{true, 0}, ignored);
        each->close(ignored);
    }
    under_->tell("ended");
}

void link::read(way which) {
    if (is_ended_)
        return;
    source(which).async_read_some(
        asio::buffer(of(which).chunk),
        [this, self = shared_from_this(), which](std::error_code fault, std::size_t size) {
            if (is_ended_)
                return;
            if (fault == asio::error::eof)
                return finish(which);
            if (fault)
                return end(true);
            of(which).size = size;
            of(which).is_delayed = false;
            hold(which);
        });
}

/// Keeps the chunk for as long as the conditions say; they may change meanwhile.
void link::hold(way which) {
    auto& mine = of(which);
    if (is_ended_)
        return;
    if (mine.is_closed)
        return read(which);
    const auto now = std::chrono::steady_clock::now();
    auto until = under_->stalled_until[static_cast<std::size_t>(which)];
    if (until <= now) {
        if (std::exchange(mine.is_delayed, true) || under_->delay.count() == 0)
            return write(which);
        until = now + under_->delay;
    }
    mine.timer.expires_at(until);
    mine.timer.async_wait(
        [this, self = shared_from_this(), which](std::error_code /*woken*/) { hold(which); });
}

void link::write(way which) {
    auto& mine = of(which);
    auto size = mine.size;
    if (mine.armed)
        size = std::min(size, mine.armed->bytes_left);
    asio::async_write(
        target(which), asio::buffer(mine.chunk.data(), size),
        [this, self = shared_from_this(), which](std::error_code fault, std::size_t written) {
            if (is_ended_)
                return;
            if (fault && !of(which).is_closed)
                return end(true);
            on_written(which, written);
        });
}

void link::on_written(way which, std::size_t size) {
    auto& mine = of(which);
    under_->forwarded[static_cast<std::size_t>(which)] += size;
    if (mine.armed && (mine.armed->bytes_left -= std::min(size, mine.armed->bytes_left)) == 0) {
        under_->tell("cut");
        return end(mine.armed->with_reset);
    }
    if (under_->bytes_per_s == 0)
        return read(which);
    mine.timer.expires_after(std::chrono::microseconds{1'000'000 * size / under_->bytes_per_s});
    mine.timer.async_wait(
        [this, self = shared_from_this(), which](std::error_code /*woken*/) { read(which); });
}

/// The source has said all. The link ends with its second half.
void link::finish(way which) {
    half_close(which);
    const auto other = which == way::up ? way::down : way::up;
    if (of(other).is_closed)
        end(false);
}

// --- listener

listener::listener(asio::io_context& context, std::uint16_t target_port)
    : acceptor_(context, {asio::ip::address_v4::loopback(), 0}),
      target_(asio::ip::address_v4::loopback(), target_port) {
    under_->tell = [](const char*) {};
    accept();
}

void listener::accept() {
    acceptor_.async_accept([this](std::error_code fault, tcp::socket socket) {
        if (fault == asio::error::operation_aborted)
            return;
        if (!fault) {
            ++accepted_;
            std::erase_if(links_, [](const auto& each) { return each.expired(); });
            const auto fresh = std::make_shared<link>(std::move(socket), under_);
            links_.push_back(fresh);
            under_->tell("accepted");
            fresh->start(target_);
        }
        accept();
    });
}

std::vector<std::shared_ptr<link>> listener::links() {
    std::vector<std::shared_ptr<link>> result;
    for (const auto& each : links_)
        if (auto open = each.lock(); open && open->is_open())
            result.push_back(std::move(open));
    return result;
}

void listener::wake() {
    for (const auto& each : links())
        each->wake();
}

} // namespace taskwire::chaos
