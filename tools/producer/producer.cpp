#include <producer/producer.hpp>

#include <common/end_signals.hpp>
#include <common/topology.hpp>
#include <producer/record_count.hpp>

#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/redirect_error.hpp>
#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <vector>

namespace taskwire::tools {

namespace {

constexpr std::size_t chunk_size = std::size_t{64} * 1024;
constexpr reconnect_choice reconnect_default{std::chrono::seconds{60}};

} // namespace

producer::producer(const producer_options& options, const connect_options& to, reporter& says)
    : options_(options),
      to_(to),
      says_(says),
      context_(make_advice_context(says.tool(), to, options.queue)),
      strand_(asio::make_strand(asio::any_io_executor{io_.get_executor()})),
      signals_(strand_),
      changed_(strand_, clock::time_point::max()),
      progress_timer_(strand_),
      watch_(strand_, says, context_, options.client.reconnect.value_or(reconnect_default)),
      properties_(options.properties),
      tracker_([this](const tracked_task& task, task_fate fate) { on_settled(task, fate); }) {
    to_.on_blocked = [this](bool blocked, std::string_view reason) { on_blocked(blocked, reason); };
    method_.exchange = options.exchange ? std::string_view{*options.exchange} : std::string_view{};
    method_.routing_key = options.exchange ? options.routing_key : options.queue;
    method_.mandatory = true;
}

int producer::run() {
    if (!options_.rejects.empty())
        rejects_.open(options_);
    add_end_signals(signals_);
    await_signal();
    asio::co_spawn(strand_, work(), [this](const std::exception_ptr& fault) {
        signals_.cancel();
        progress_timer_.cancel();
        if (fault)
            std::rethrow_exception(fault);
    });
    io_.run();
    return finish();
}

asio::awaitable<void> producer::work() {
    try {
        const auto how = make_client_options();
        client_ = co_await client::open(strand_, how);
        watch_.on_opened();
        client_.wait_closed([this](const close_reason& why) { on_closed(why); });
        says_.detail(fmt::format("connected to {} as '{}', vhost '{}'", context_.hosts,
                                 context_.user, context_.vhost));
        std::function<asio::awaitable<void>()> prepare = [this] { return find_target(); };
        co_await watch_.see_through(std::move(prepare));
        if (!fault_)
            co_await open_publisher();
    } catch (const error& fault) {
        if (!channel_lost_)
            fail(advise(fault, context_));
    }
    if (!fault_ && !stopping_) {
        co_await publish_input();
        co_await await_end();
    }
    done_ = true;
    if (client_) {
        const auto ignored = [](std::error_code) {};
        client_.close(ignored);
    }
}

/// A broker that cannot be reached at the start is likelier a wrong address than an outage; who
/// gave --reconnect wants to wait for it.
taskwire::client_options producer::make_client_options() {
    const auto reconnect = options_.client.reconnect.value_or(reconnect_default);
    taskwire::client_options result;
    result.connect = to_;
    result.recovery.reconnect_for = reconnect.at_most;
    if (!options_.client.reconnect)
        result.recovery.start_for = std::chrono::milliseconds::zero();
    result.on_event = [this](const any_client_event& event) {
        if (std::holds_alternative<client_event::lost>(event))
            blocked_ = false; // the next connection tells of itself
        watch_.on_event(event);
        notify();
    };
    return result;
}

asio::awaitable<void> producer::open_publisher() {
    publisher_options limits;
    limits.unconfirmed_count_max = options_.window_count;
    limits.unconfirmed_bytes_max = options_.window_bytes;
    limits.confirm_timeout = options_.confirm_timeout;
    limits.on_loss = on_loss::publish_again;
    publisher_ = co_await client_.open_publisher(limits);
}

/// Before anything is read: a typo must neither eat the input nor make a black hole.
asio::awaitable<void> producer::find_target() {
    if (!options_.exchange) {
        co_await find_queue();
        co_return;
    }
    if (options_.exchange->empty())
        co_return; // the default exchange cannot be asked for, it is always there
    // By name: GCC 12 builds a broken frame for `if (!co_await f(temporaries))`.
    const bool found = co_await exchange_exists(client_, *options_.exchange);
    if (!found)
        fail(advise(reply_code::not_found,
                    fmt::format("no exchange '{}' in vhost", *options_.exchange), context_));
}

asio::awaitable<void> producer::find_queue() {
    const auto ready = co_await count_ready(client_, options_.queue);
    if (ready)
        co_return;
    if (!options_.client.create) {
        fail(advise(reply_code::not_found, {}, context_));
        co_return;
    }
    const std::string failed_queue = failed_queue_of(options_.queue);
    co_await create_failed_queue(client_, failed_queue);
    co_await create_work_queue(client_, options_.queue, options_.client.type, failed_queue);
    says_.info(fmt::format("created {} queue '{}', with '{}' for tasks that fail",
                           options_.client.type == queue_type::quorum ? "quorum" : "classic",
                           options_.queue, failed_queue));
}

asio::awaitable<void> producer::publish_input() {
    if (options_.print != print_choice::none)
        output_.emplace(strand_, STDOUT_FILENO, [this] { on_output_changed(); });
    started_ = clock::now();
    if (options_.input == input_kind::bodies)
        total_ = options_.bodies.size();
    else if (options_.input == input_kind::files)
        total_ = options_.files.size();
    else if (says_.line().enabled())
        total_ = count_records(STDIN_FILENO, options_.records);
    show_progress();
    switch (options_.input) {
    case input_kind::bodies:
        return publish_bodies();
    case input_kind::files:
        return publish_files();
    case input_kind::standard_input:
        break;
    }
    return publish_stdin();
}

asio::awaitable<void> producer::publish_bodies() {
    std::uint64_t number = 0;
    for (const std::string& body : options_.bodies) {
        ++number;
        if (body.size() > options_.records.size_max) {
            refuse("it is larger than --max-size", number, number, {});
            continue;
        }
        if (is_full(body.size()))
            co_await await_room(body.size());
        if (stopping_)
            co_return;
        submit(body, number, number, {});
    }
    input_finished_ = true;
}

asio::awaitable<void> producer::publish_files() {
    std::uint64_t number = 0;
    for (const std::string& path : options_.files) {
        ++number;
        // Files do not tell when they can be read: let signals and confirms have their turn.
        co_await asio::post(strand_, asio::use_awaitable);
        std::string body;
        if (const auto fault = read_file(path, options_.records.size_max, body)) {
            const bool large = fault == std::errc::file_too_large;
            refuse(large ? "it is larger than --max-size" : fault.message(), number, number, path);
            continue;
        }
        if (is_full(body.size()))
            co_await await_room(body.size());
        if (stopping_)
            co_return;
        submit(std::move(body), number, number, path);
    }
    input_finished_ = true;
}

asio::awaitable<void> producer::publish_stdin() {
    if (is_pollable(STDIN_FILENO)) {
        stdin_flags_.emplace(STDIN_FILENO);
        stdin_.emplace(strand_, ::dup(STDIN_FILENO));
    }
    record_splitter splitter(options_.records);
    std::vector<char> chunk(chunk_size);
    while (!stopping_) {
        const std::size_t size = co_await read_stdin(chunk);
        if (stopping_)
            co_return;
        if (size == 0)
            splitter.finish();
        else
            splitter.feed({chunk.data(), size});
        while (const auto record = splitter.next()) {
            if (record->too_large) {
                refuse("it is larger than --max-size", record->number, record->line, {});
                continue;
            }
            if (is_full(record->body.size()))
                co_await await_room(record->body.size());
            if (stopping_)
                co_return;
            submit(std::string(record->body), record->number, record->line, {});
        }
        if (size == 0) {
            input_finished_ = !stopping_;
            co_return;
        }
    }
}

/// Returns 0 at the end, and when reading is no longer wanted.
asio::awaitable<std::size_t> producer::read_stdin(std::span<char> chunk) {
    std::error_code fault;
    std::size_t size = 0;
    if (stdin_) {
        size = co_await stdin_->async_read_some(asio::buffer(chunk.data(), chunk.size()),
                                                asio::redirect_error(asio::use_awaitable, fault));
        if (fault == asio::error::eof)
            fault = {};
    } else {
        // A regular file is always ready: let signals and confirms have their turn.
        co_await asio::post(strand_, asio::use_awaitable);
        ssize_t got = 0;
        do
            got = ::read(STDIN_FILENO, chunk.data(), chunk.size());
        while (got < 0 && errno == EINTR);
        if (got < 0)
            fault = {errno, std::system_category()};
        else
            size = static_cast<std::size_t>(got);
    }
    if (fault && !stopping_) {
        fail({fmt::format("cannot read stdin: {}", fault.message()), {}, exit_code::no_input});
        stop();
    }
    co_return size;
}

bool producer::is_full(std::size_t size) const {
    if (blocked_ || overdue_ || stopping_ || (output_ && output_->congested()))
        return true;
    return tracker_.outstanding() > 0 &&
           (tracker_.outstanding() >= options_.window_count ||
            tracker_.outstanding_bytes() + size > options_.window_bytes);
}

asio::awaitable<void> producer::await_room(std::size_t size) {
    while (!stopping_ && is_full(size)) {
        if (overdue_)
            co_await await_library();
        else
            co_await changed();
    }
}

/// What was given up still fills the publisher's own window, of which only it knows the end.
asio::awaitable<void> producer::await_library() {
    library_ready_ = false;
    publisher_.ready([this](std::error_code) {
        library_ready_ = true;
        notify();
    });
    while (!stopping_ && !library_ready_)
        co_await changed();
    overdue_ = false;
}

asio::awaitable<void> producer::await_end() {
    while (tracker_.outstanding() > 0)
        co_await changed();
    while (output_ && !output_->empty())
        co_await changed();
}

asio::awaitable<void> producer::changed() {
    std::error_code ignored; // being cancelled is the good news
    waiting_ = true;
    co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    waiting_ = false;
}

} // namespace taskwire::tools
