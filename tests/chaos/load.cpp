#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <istream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/read_until.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/streambuf.hpp>

#include <taskwire/client.hpp>

/// taskwire-chaos-load: the library under faults, without the tools.
///
///     taskwire-chaos-load produce URL QUEUE HEARTBEAT_S < LINES
///         publishes each line as a task, whose id is the line, again after each loss and after a
///         nack; prints the id of each that is confirmed. Exits 0 when all are, 75 when not.
///     taskwire-chaos-load consume URL QUEUE HEARTBEAT_S
///         prints "BODY REDELIVERED ID" of each delivery, then acknowledges it, until INT or TERM
///     taskwire-chaos-load flood URL QUEUE COUNT
///         publishes COUNT messages of 256 bytes without ever waiting, then prints
///         "CONFIRMED REFUSED" at each outcome, until INT or TERM
///
/// What it prints is written before anything is acknowledged, a system call a line, to survive its
/// own SIGKILL. Standard error tells of losses and recoveries.
namespace {

using namespace taskwire;
namespace b = spec::basic;

constexpr int exit_unavailable = 69;
constexpr int exit_unknown = 75;

void print(const std::string& line) {
    if (write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        std::_Exit(1);
}

struct narrator {
    void operator()(const client_event::lost& what) const {
        std::fprintf(stderr, "lost: %s\n", what.why.code.message().c_str());
    }
    void operator()(const client_event::waiting& what) const {
        std::fprintf(stderr, "waiting %lld ms: %s\n", static_cast<long long>(what.pause.count()),
                     what.why.code.message().c_str());
    }
    void operator()(const client_event::recovered& what) const {
        for (const auto& each : what.failures)
            std::fprintf(stderr, "not restored: %s: %s\n", each.what.c_str(),
                         each.why.text.c_str());
        std::fprintf(stderr, "recovered after %lld ms\n",
                     static_cast<long long>(what.outage.count()));
    }
};

/// What both ends have in common.
class program {
  public:
    program(asio::io_context& context, const std::string& url, int heartbeat_s)
        : context_(context), signals_(context, SIGINT, SIGTERM) {
        auto options = client_options::from_uri(url);
        options.connect.protocol.heartbeat = std::chrono::seconds{heartbeat_s};
        options.connect.protocol.request_timeout = std::chrono::seconds{5};
        options.connect.protocol.handshake_timeout = std::chrono::seconds{5};
        options.connect.connect_timeout = std::chrono::seconds{5};
        options.recovery.pause_first = std::chrono::milliseconds{50};
        options.recovery.pause_max = std::chrono::milliseconds{100};
        options.on_event = [](const any_client_event& event) { std::visit(narrator{}, event); };
        options_ = std::move(options);
        signals_.async_wait([this](std::error_code stopped, int) {
            if (!stopped)
                leave(0);
        });
    }

    template <class Then>
    void open(Then then) {
        client::open(context_.get_executor(), options_,
                     [this, then](std::error_code fault, client opened) {
                         if (fault)
                             return fail("open", fault);
                         client_ = std::move(opened);
                         client_.wait_closed([this](const close_reason& why) {
                             if (why.code)
                                 fail("closed", why.code);
                         });
                         then();
                     });
    }
    void fail(const char* where, std::error_code why) {
        std::fprintf(stderr, "%s: %s\n", where, why.message().c_str());
        leave(exit_unavailable);
    }
    void leave(int status) {
        status_ = status;
        context_.stop();
    }
    int status() const { return status_; }
    const client& on() const { return client_; }

  private:
    asio::io_context& context_;
    asio::signal_set signals_;
    client_options options_;
    client client_;
    int status_ = 0;
};

class producer {
  public:
    producer(asio::io_context& context, program& of, std::string queue)
        : program_(of), queue_(std::move(queue)), input_(context, STDIN_FILENO), timer_(context) {
        program_.open([this] { open_publisher([this] { read(); }); });
    }

  private:
    template <class Then>
    void open_publisher(Then then) {
        program_.on().open_publisher({.on_loss = on_loss::publish_again},
                                     [this, then](std::error_code fault, publisher opened) {
                                         if (fault)
                                             return program_.fail("open publisher", fault);
                                         to_ = std::move(opened);
                                         then();
                                     });
    }
    /// Stops while the window is full.
    void read() {
        asio::async_read_until(input_, buffer_, '\n', [this](std::error_code fault, std::size_t) {
            is_at_end_ = static_cast<bool>(fault);
            if (fault)
                return end_if_done();
            std::string task;
            std::istream in{&buffer_};
            std::getline(in, task);
            ++in_flight_;
            publish(std::move(task));
            to_.ready([this](std::error_code) { read(); });
        });
    }
    void publish(std::string task) {
        to_.publish({.routing_key = queue_, .mandatory = true},
                    {.delivery_mode = std::uint8_t{2}, .message_id = task}, task,
                    [this, task](const publish_outcome& outcome) { on_outcome(task, outcome); });
    }
    void end_if_done() {
        if (is_at_end_ && in_flight_ == 0)
            program_.leave(failed_ == 0 ? 0 : exit_unknown);
    }
    void on_outcome(const std::string& task, const publish_outcome& outcome) {
        if (outcome.what() == publish_outcome::kind::nacked)
            return publish_on_another_channel(task);
        --in_flight_;
        if (outcome.confirmed()) {
            print(task + "\n");
        } else {
            ++failed_;
            std::fprintf(stderr, "%s: %s: %s\n", task.c_str(), to_string(outcome.what()),
                         outcome.text().c_str());
        }
        end_if_done();
    }
    /// A quorum queue's channel that began while there was no leader nacks all that it is given for
    /// as long as the old leader's node is down (RabbitMQ 3.10.8).
    void publish_on_another_channel(const std::string& task) {
        nacked_.push_back(task);
        if (nacked_.size() > 1)
            return;
        std::fprintf(stderr, "nacked: %s and others\n", task.c_str());
        timer_.expires_after(std::chrono::milliseconds{100});
        timer_.async_wait([this](std::error_code) {
            open_publisher([this] {
                for (auto& each : std::exchange(nacked_, {}))
                    publish(std::move(each));
            });
        });
    }

    program& program_;
    std::string queue_;
    asio::posix::stream_descriptor input_;
    asio::steady_timer timer_;
    asio::streambuf buffer_;
    publisher to_;
    std::vector<std::string> nacked_;
    bool is_at_end_ = false;
    std::size_t in_flight_ = 0;
    std::size_t failed_ = 0;
};

class consumer_program {
  public:
    consumer_program(asio::io_context& context, program& of, std::string queue)
        : program_(of), queue_(std::move(queue)), timer_(context) {
        program_.open([this] { open_consumer(); });
    }

  private:
    void open_consumer() {
        consumer_options options;
        options.prefetch_count = 100;
        options.on_cancel = on_cancel::consume_again;
        program_.on().open_consumer(queue_, options,
                                    [this](std::error_code fault, consumer opened) {
                                        if (fault)
                                            return open_another(fault);
                                        from_ = std::move(opened);
                                        take();
                                    });
    }
    /// It ends with its channel: an acknowledgement came too late, or its queue was deleted.
    void open_another(std::error_code why) {
        std::fprintf(stderr, "consumer: %s\n", why.message().c_str());
        timer_.expires_after(std::chrono::milliseconds{100});
        timer_.async_wait([this](std::error_code) { open_consumer(); });
    }
    void take() {
        from_.next([this](std::error_code fault, delivery task) {
            if (fault)
                return open_another(fault);
            const auto id = task.properties().message_id.value_or("-");
            print(std::string{task.body()} + (task.redelivered() ? " 1 " : " 0 ") +
                  std::string{id} + "\n");
            from_.ack(task, [](settle_result) {});
            take();
        });
    }

    program& program_;
    std::string queue_;
    asio::steady_timer timer_;
    consumer from_;
};

class flood {
  public:
    flood(asio::io_context& context, program& of, std::string queue, std::size_t count)
        : context_(context), program_(of), queue_(std::move(queue)), left_(count) {
        program_.open([this] {
            program_.on().open_publisher({.on_loss = on_loss::publish_again},
                                         [this](std::error_code fault, publisher opened) {
                                             if (fault)
                                                 return program_.fail("open publisher", fault);
                                             to_ = std::move(opened);
                                             publish();
                                         });
        });
    }

  private:
    /// What is refused completes in a turn of its own, so these are granted now and then.
    void publish() {
        for (std::size_t turn = 0; left_ > 0 && turn < 1'000; ++turn, --left_)
            to_.publish({.routing_key = queue_, .mandatory = true}, {}, std::string(256, 'x'),
                        [this](const publish_outcome& outcome) { on_outcome(outcome); });
        if (left_ > 0)
            asio::post(context_, [this] { publish(); });
        else
            print_counts();
    }
    void on_outcome(const publish_outcome& outcome) {
        ++counts_[static_cast<std::size_t>(outcome.what())];
        if (left_ == 0)
            print_counts();
    }
    void print_counts() {
        const auto of = [this](publish_outcome::kind which) {
            return std::to_string(counts_[static_cast<std::size_t>(which)]);
        };
        print(of(publish_outcome::kind::confirmed) + " " + of(publish_outcome::kind::refused) +
              "\n");
    }

    asio::io_context& context_;
    program& program_;
    std::string queue_;
    publisher to_;
    std::size_t left_;
    std::size_t counts_[5] = {}; ///< by publish_outcome::kind
};

} // namespace

int main(int count, char** words) {
    if (count != 5)
        return std::fprintf(stderr, "usage: see the head of load.cpp\n"), 64;
    const std::string_view mode = words[1];
    const auto number = std::atoi(words[4]);
    asio::io_context context{1};
    program of{context, words[2], mode == "flood" ? 30 : number};
    if (mode == "produce") {
        producer run{context, of, words[3]};
        context.run();
    } else if (mode == "consume") {
        consumer_program run{context, of, words[3]};
        context.run();
    } else {
        flood run{context, of, words[3], static_cast<std::size_t>(number)};
        context.run();
    }
    std::_Exit(of.status()); // what waits is the broker's to give again
}
