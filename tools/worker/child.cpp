#include <worker/child.hpp>

#include <worker/launch.hpp>
#include <worker/output_pipe.hpp>

#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include <sys/resource.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <unistd.h>
#include <utility>

namespace taskwire::tools {

namespace {

using clock = std::chrono::steady_clock;
using descriptor = asio::posix::stream_descriptor;

constexpr std::chrono::milliseconds group_poll_interval{20};

} // namespace

// The state, which outlives the child object while operations are under way.
class child::process {
  public:
    process(const asio::any_io_executor& executor, child_spec spec, done_handler done)
        : executor_(executor),
          spec_(std::move(spec)),
          done_(std::move(done)),
          pidfd_(executor),
          out_(executor),
          err_(executor),
          stop_timer_(executor),
          wait_timer_(executor) {}
    process(const process&) = delete;
    process& operator=(const process&) = delete;
    // Without an executor to run the handlers, this is the last chance to collect the process.
    ~process() {
        kill_group(SIGKILL);
        if (is_uncollected()) {
            ::waitpid(pid_, nullptr, WNOHANG);
        }
    }

    void begin(const std::shared_ptr<process>& self);
    void abandon();
    void terminate();
    bool running() const { return !finished_; }
    pid_t pid() const { return pid_; }
    void kill_group(int signal) const {
        if (is_uncollected() || lingering_) {
            ::kill(-pid_, signal);
        }
    }

  private:
    // Until it is waited for, its id, and that of its group, cannot belong to anyone else.
    bool is_uncollected() const { return pid_ > 0 && !collected_; }
    bool is_complete() const {
        return exited_ && !lingering_ && !out_.is_open() && !err_.is_open();
    }
    system_failure start_process();
    void await_exit();
    void await_timeout();
    void await_output(output_pipe& pipe);
    void await_group();
    void await_pipes();
    void on_exit();
    output_pipe::line_sink sink_of(const output_pipe& pipe);
    void finish_if_complete();
    void collect();
    void tell();

    asio::any_io_executor executor_;
    child_spec spec_;
    done_handler done_;
    std::weak_ptr<process> self_; // locked by each operation's handler
    descriptor pidfd_;
    unique_fd exec_error_;
    output_pipe out_;
    output_pipe err_;
    asio::steady_timer stop_timer_; // to TERM, then to KILL
    asio::steady_timer wait_timer_; // after the exit: for the group, then for the pipes
    clock::time_point started_at_;
    clock::time_point killed_at_ = clock::time_point::max();
    pid_t pid_ = 0;
    bool exited_ = false;
    bool collected_ = false;
    bool terminating_ = false;
    bool timed_out_ = false;
    bool lingering_ = false; // the rest of a group that was told to end
    bool finished_ = false;
    bool abandoned_ = false;
    child_result result_;
};

void child::process::begin(const std::shared_ptr<process>& self) {
    self_ = self;
    if (const system_failure failure = start_process()) {
        result_.how = ending::could_not_start;
        result_.error = failure.error;
        result_.failed_call = failure.call;
        asio::post(executor_, [self] { self->tell(); });
        return;
    }
    await_exit();
    await_output(out_);
    await_output(err_);
    if (spec_.timeout.count() > 0) {
        await_timeout();
    }
}

system_failure child::process::start_process() {
    launched_process launched;
    started_at_ = clock::now();
    const system_failure failure =
        launch(spec_.argv, spec_.environment, spec_.body, spec_.metadata, launched);
    spec_.body = {}; // not ours beyond start()
    spec_.metadata = {};
    if (failure) {
        return failure;
    }
    pid_ = launched.process.pid;
    exec_error_ = std::move(launched.process.exec_error);
    asio::error_code error;
    pidfd_.assign(launched.process.pidfd.get(), error);
    if (!error) {
        launched.process.pidfd.release();
        error = out_.open(launched.standard_output);
    }
    if (!error) {
        error = err_.open(launched.standard_error);
    }
    if (error) {
        // A process that cannot be watched must not run.
        kill_group(SIGKILL);
        collect();
        return {error.value(), "epoll_ctl"};
    }
    return {};
}

void child::process::await_exit() {
    pidfd_.async_wait(descriptor::wait_read, [self = self_.lock()](const asio::error_code& error) {
        if (!error) {
            self->on_exit();
        }
    });
}

void child::process::await_timeout() {
    stop_timer_.expires_after(spec_.timeout);
    stop_timer_.async_wait([self = self_.lock()](const asio::error_code& error) {
        if (!error && !self->exited_ && !self->terminating_ && !self->abandoned_) {
            self->timed_out_ = true;
            self->terminate();
        }
    });
}

void child::process::await_output(output_pipe& pipe) {
    pipe.async_wait([self = self_.lock(), &pipe](const asio::error_code& error) {
        if (error || self->abandoned_ || !pipe.is_open()) {
            return;
        }
        const auto sink = self->sink_of(pipe);
        const bool more = pipe.read(sink);
        if (self->abandoned_) { // by the sink
            return;
        }
        if (more) {
            self->await_output(pipe);
            return;
        }
        pipe.close(sink);
        self->finish_if_complete();
    });
}

output_pipe::line_sink child::process::sink_of(const output_pipe& pipe) {
    const output_stream stream =
        &pipe == &out_ ? output_stream::standard_output : output_stream::standard_error;
    return [this, stream](std::string_view line) {
        // The sink itself may have abandoned us at an earlier line.
        if (spec_.sink && !abandoned_) {
            spec_.sink(stream, line);
        }
    };
}

void child::process::on_exit() {
    exited_ = true;
    result_.wall_time =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - started_at_);
    if (abandoned_) {
        collect();
    } else if (terminating_) {
        collect();
        lingering_ = true;
        await_group();
    } else {
        stop_timer_.cancel();
        await_pipes();
    }
}

// Waits until a group that was told to end has no members, so that whoever is still cleaning up
// gets its kill_after and the task is not over before. The kernel does not tell, hence the polling.
// The group's number cannot be reused while it has members, and hardly between two polls.
void child::process::await_group() {
    const bool is_stuck = killed_at_ != clock::time_point::max() &&
                          clock::now() - killed_at_ > spec_.pipe_grace; // in the kernel
    if (is_stuck || ::kill(-pid_, 0) != 0) {
        lingering_ = false;
        stop_timer_.cancel();
        await_pipes();
        return;
    }
    wait_timer_.expires_after(group_poll_interval);
    wait_timer_.async_wait([self = self_.lock()](const asio::error_code& error) {
        if (!error && self->lingering_ && !self->abandoned_) {
            self->await_group();
        }
    });
}

void child::process::await_pipes() {
    if (is_complete()) {
        finish_if_complete();
        return;
    }
    wait_timer_.expires_after(spec_.pipe_grace);
    wait_timer_.async_wait([self = self_.lock()](const asio::error_code& error) {
        if (error || self->finished_ || self->abandoned_ || self->lingering_) {
            return;
        }
        self->result_.output_abandoned = true;
        // What the child itself wrote must not be lost because we were slow to read it.
        for (output_pipe* pipe : {&self->out_, &self->err_}) {
            const auto sink = self->sink_of(*pipe);
            pipe->drain(sink);
            pipe->close(sink);
        }
        self->finish_if_complete();
    });
}

void child::process::finish_if_complete() {
    if (!finished_ && !abandoned_ && is_complete()) {
        collect();
        tell();
    }
}

// The process has ended or was sent KILL, so this does not block for long.
void child::process::collect() {
    if (!is_uncollected()) {
        return;
    }
    int status = 0;
    rusage usage{};
    while (::wait4(pid_, &status, 0, &usage) < 0) {
        if (errno != EINTR) {
            result_.error = errno;
            break;
        }
    }
    collected_ = true;
    asio::error_code ignored;
    pidfd_.close(ignored);
    if (result_.error != 0) {
        result_.how = ending::could_not_start;
        result_.failed_call = "wait4";
        return;
    }
    result_.memory_bytes_max = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
    result_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    result_.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    result_.how = timed_out_            ? ending::timed_out
                  : result_.signal != 0 ? ending::signaled
                                        : ending::exited;
    // Its writer is gone, so this does not block.
    int exec_error = 0;
    if (::read(exec_error_.get(), &exec_error, sizeof exec_error) == sizeof exec_error) {
        result_.how = ending::could_not_execute;
        result_.error = exec_error;
        result_.failed_call = "exec";
    }
}

void child::process::tell() {
    if (abandoned_) {
        return;
    }
    finished_ = true;
    wait_timer_.cancel();
    stop_timer_.cancel();
    result_.stderr_tail = err_.take_tail();
    result_.stderr_last_line = last_line(result_.stderr_tail);
    std::exchange(done_, nullptr)(result_);
}

void child::process::terminate() {
    if (!is_uncollected() || terminating_) {
        return;
    }
    terminating_ = true;
    kill_group(SIGTERM);
    kill_group(SIGCONT); // a stopped process would not see the TERM
    stop_timer_.expires_after(spec_.kill_after);
    stop_timer_.async_wait([self = self_.lock()](const asio::error_code& error) {
        if (!error && !self->finished_) {
            self->kill_group(SIGKILL);
            self->killed_at_ = clock::now();
        }
    });
    if (exited_) {
        collect();
        lingering_ = true;
        await_group();
    }
}

void child::process::abandon() {
    if (std::exchange(abandoned_, true) || finished_) {
        return;
    }
    stop_timer_.cancel();
    wait_timer_.cancel();
    out_.abandon();
    err_.abandon();
    kill_group(SIGKILL);
    lingering_ = false;
    if (exited_) {
        collect();
    }
}

child child::start(const asio::any_io_executor& executor, child_spec spec, done_handler done) {
    auto started = std::make_shared<process>(executor, std::move(spec), std::move(done));
    started->begin(started);
    return child(std::move(started));
}

child& child::operator=(child&& other) noexcept {
    if (this != &other) {
        abandon();
        process_ = std::move(other.process_);
    }
    return *this;
}

child::~child() {
    abandon();
}

void child::abandon() noexcept {
    if (process_) {
        process_->abandon();
        process_.reset();
    }
}

bool child::running() const {
    return process_ && process_->running();
}

pid_t child::pid() const {
    return process_ ? process_->pid() : 0;
}

void child::kill_group(int signal) const {
    if (process_) {
        process_->kill_group(signal);
    }
}

void child::terminate() {
    if (process_) {
        process_->terminate();
    }
}

bool is_program_missing(int error) {
    return error == ENOENT || error == ENOTDIR || error == EACCES || error == EPERM ||
           error == ENOEXEC || error == ELOOP || error == ENAMETOOLONG || error == ELIBBAD;
}

std::vector<std::string> shell_command(std::string line) {
    return {"/bin/sh", "-c", std::move(line)};
}

} // namespace taskwire::tools
