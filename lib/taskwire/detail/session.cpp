#include <taskwire/detail/session.hpp>

#include <algorithm>
#include <atomic>

#include <taskwire/detail/channel_core.hpp>

namespace taskwire::detail {
namespace {

/// Pieces in one vectored write; Asio passes no more to the system.
constexpr std::size_t pieces_max = 64;

time_point now() {
    return std::chrono::steady_clock::now();
}

} // namespace

/// Every connection of the process gets epochs of its own, so that no delivery can be settled on
/// another connection's channel.
proto::connection session::new_machine() const {
    static std::atomic<std::uint64_t> connections{0};
    auto options = options_.protocol;
    options.epoch_first = (++connections << 32U) + 1;
    return {std::move(options), now()};
}

session::session(std::shared_ptr<completion_queue> queue, connect_options options)
    : queue_(std::move(queue)),
      options_(std::move(options)),
      stream_(get_strand()),
      timer_(get_strand()),
      machine_(new_machine()) {}

/// The io_context is being destroyed: those who wait own handles that own this session. After the
/// connection's end nobody waits but who came too late.
void session::abandon() {
    finished_ = true;
    const auto opened = std::exchange(opened_, {});
    const auto close_waiters = std::exchange(close_waiters_, {});
    const auto requests = std::exchange(requests_, {});
    for (const auto& each : std::exchange(channels_, {}))
        if (each)
            each->abandon();
}

void session::read() {
    if (reading_)
        return;
    reading_ = true;
    room_.clear();
    for (const auto piece : machine_.inputs())
        room_.emplace_back(piece.data(), piece.size());
    stream_.async_read_some(room_, [self = running()](std::error_code fault, std::size_t size) {
        self->on_read(fault, size);
    });
}

void session::on_read(std::error_code fault, std::size_t size) {
    reading_ = false;
    if (finished_)
        return;
    if (fault)
        machine_.on_lost(fault);
    else
        machine_.received(size, now());
    turn();
}

/// While it exists commands need not ask for a turn. One that ends by an exception, a handler's, is
/// made up for.
class session::turn_scope {
  public:
    explicit turn_scope(session& of) : session_(of) { session_.in_turn_ = true; }
    turn_scope(const turn_scope&) = delete;
    turn_scope& operator=(const turn_scope&) = delete;
    ~turn_scope() {
        session_.in_turn_ = false;
        if (!completed_)
            session_.after_command();
    }
    void complete() { completed_ = true; }

  private:
    session& session_;
    bool completed_ = false;
};

/// Events first, then those who wait for them, whose commands can fail in turn; at last the socket.
void session::turn() {
    turn_scope scope{*this};
    const completion_queue::turn begun{*queue_};
    if (has_awaited_room())
        tell_writable();
    drain_events();
    queue_->run();
    drain_events();
    flush();
    if (connected_ && !reason_ && !finished_) {
        arm_timer();
        read();
    }
    scope.complete();
}

/// For commands that come outside of a turn, once for a burst of them.
void session::post_turn() {
    asio::post(get_strand(), [self = running()] {
        self->turn_posted_ = false;
        self->turn();
    });
    turn_posted_ = true;
}

void session::flush() {
    if (writing_ || !connected_ || finished_)
        return;
    while (!machine_.output().empty()) {
        gather();
        const auto size = stream_.write_now(pieces_);
        if (size == 0)
            return write_rest();
        note_sent(size);
    }
    if (reason_)
        finish();
}

/// What is to be written next, as one vectored write takes it.
void session::gather() {
    const auto output = machine_.output();
    pieces_.clear();
    for (const auto piece : output.subspan(0, std::min(output.size(), pieces_max)))
        pieces_.emplace_back(piece.data(), piece.size());
}

void session::note_sent(std::size_t size) {
    machine_.sent(size, now());
    if (has_awaited_room() && !turn_posted_)
        post_turn();
}

/// Once the socket takes more.
void session::write_rest() {
    machine_.keep_lent();
    gather();
    writing_ = true;
    stream_.async_write_some(pieces_, [self = running()](std::error_code fault, std::size_t size) {
        self->on_written(fault, size);
    });
}

void session::on_written(std::error_code fault, std::size_t size) {
    writing_ = false;
    if (finished_)
        return;
    if (!fault)
        note_sent(size);
    else if (reason_)
        return finish();
    // A failed write is not the end yet: what the peer said before it hung up is still to be read.
    if (!fault)
        flush();
}

/// Lets a timer that would fire too early run: it then finds the later deadline.
void session::arm_timer() {
    const auto deadline = machine_.deadline();
    if (!connected_ || deadline == never || armed_for_ <= deadline)
        return;
    armed_for_ = deadline;
    timer_.expires_at(deadline);
    timer_.async_wait([self = running()](std::error_code fault) {
        if (!fault)
            self->on_timer();
    });
}

void session::on_timer() {
    if (finished_ || now() < timer_.expiry())
        return; // set anew while this call was on its way
    armed_for_ = never;
    if (reason_)
        return finish(); // the last bytes were not taken in time
    if (const auto instant = now(); instant >= machine_.deadline())
        machine_.on_deadline(instant);
    turn();
}

/// The end of the socket. Runs once the machine is closed and its last output is written or lost.
void session::finish() {
    if (finished_)
        return;
    finished_ = true;
    timer_.cancel();
    stop_connecting();
    stream_.close();
    for (auto& each : std::exchange(close_waiters_, {}))
        each.done({{}, reason_});
}

void session::open_channel(operation_id operation, channel_callback done) {
    const auto opening = machine_.open_channel(now());
    const auto core = std::make_shared<channel_core>(shared_from_this(), opening.channel);
    requests_.emplace(
        opening.request,
        waiting_request{operation, [core, done = std::move(done)](
                                       const failure& what, const proto::event::reply*) mutable {
                            if (what) // nobody waits any more: nobody would ever close it
                                core->owner().close_channel(core->id());
                            done(what, what ? nullptr : core);
                        }});
    if (opening.channel.number != 0) {
        if (channels_.size() <= opening.channel.number)
            channels_.resize(opening.channel.number + std::size_t{1});
        channels_[opening.channel.number] = core;
    }
    after_command();
}

void session::request(proto::channel_id where, proto::encoded_method method, operation_id operation,
                      reply_callback done) {
    const auto id = machine_.request(where, std::move(method), now());
    requests_.emplace(id, waiting_request{operation, std::move(done)});
    after_command();
}

void session::close_channel(proto::channel_id where) {
    machine_.close_channel(where, now());
    after_command();
}

void session::close(operation_id operation, close_callback done) {
    if (done)
        wait_closed(operation, std::move(done));
    if (!connected_ && !finished_) {
        machine_.close(now());
        drain_events();
        finish();
    } else if (!reason_) {
        machine_.close(now());
        after_command();
    }
}

void session::wait_closed(operation_id operation, close_callback done) {
    if (finished_)
        done({{}, reason_});
    else
        close_waiters_.push_back({operation, std::move(done)});
}

void session::cancel(operation_id operation) {
    const failure aborted{asio::error::operation_aborted};
    if (opened_.done && opened_.operation == operation) {
        // Nobody waits for the connection any more: there is nobody to give it to.
        auto done = std::exchange(opened_, {}).done;
        close(0, {});
        return done(aborted);
    }
    for (auto each = requests_.begin(); each != requests_.end(); ++each)
        if (each->second.operation == operation) {
            auto done = std::move(each->second.done);
            requests_.erase(each);
            return done(aborted, nullptr);
        }
    for (auto each = close_waiters_.begin(); each != close_waiters_.end(); ++each)
        if (each->operation == operation) {
            auto done = std::move(each->done);
            close_waiters_.erase(each);
            return done(aborted);
        }
}

} // namespace taskwire::detail
