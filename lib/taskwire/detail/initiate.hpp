#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <tuple>

#include <taskwire/asio.hpp>
#include <taskwire/detail/callback.hpp>
#include <taskwire/detail/completion_queue.hpp>
#include <taskwire/failure.hpp>

/// How a public operation meets a completion token.
///
/// With `use_awaitable` and `use_future` a failure is thrown as `taskwire::error`; any other token
/// gets a `std::error_code` first. Completions run on the handler's executor, never inside the call
/// that started them nor inside a state transition; a cancellation slot means "stop waiting, the
/// broker may still do it". A call made on the connection's strand takes no detour: no dispatch, no
/// allocation, no atomic.
namespace taskwire::detail {

/// Parameters of asynchronous operations must not be aggregates that own memory: GCC 12 destroys
/// such a temporary twice when it is built inside a co_await operand.
template <class T>
concept co_await_safe = std::is_trivially_destructible_v<T> || !std::is_aggregate_v<T>;

/// Names an operation for those who cancel it; 0: nobody can.
using operation_id = std::uint64_t;

inline operation_id next_operation() {
    static std::atomic<operation_id> last{0};
    return ++last;
}

template <class Token>
inline constexpr bool is_throwing = false;
template <class Executor>
inline constexpr bool is_throwing<asio::use_awaitable_t<Executor>> = true;
template <class Allocator>
inline constexpr bool is_throwing<asio::use_future_t<Allocator>> = true;

template <class Token>
using error_argument = std::conditional_t<is_throwing<std::remove_cvref_t<Token>>,
                                          std::exception_ptr, std::error_code>;

template <class Error>
Error to_argument(const failure& what) {
    if constexpr (std::same_as<Error, std::exception_ptr>)
        return to_exception(what);
    else
        return what.code;
}

template <class Token>
inline constexpr bool is_plain_awaitable =
    std::same_as<std::remove_cvref_t<Token>, asio::use_awaitable_t<>>;

/// The token is a handler itself: an operation begins within its call.
template <class Token, class Signature>
concept plain_handler = requires {
    typename asio::async_result<std::decay_t<Token>, Signature>::completion_handler_type;
    requires std::same_as<
        typename asio::async_result<std::decay_t<Token>, Signature>::completion_handler_type,
        std::decay_t<Token>>;
    requires std::is_void_v<
        typename asio::async_result<std::decay_t<Token>, Signature>::return_type>;
};

/// A user's handler with its results, on its way through the handler's executor.
template <class Handler, class... Results>
struct posted {
    Handler handler;
    std::tuple<Results...> results;

    using allocator_type = asio::associated_allocator_t<Handler>;
    allocator_type get_allocator() const noexcept {
        return asio::get_associated_allocator(handler);
    }

    void operator()() {
        if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected())
            slot.clear();
        std::apply(std::move(handler), std::move(results));
    }
};

inline bool is_same(const strand& one, const strand& other) {
    return one == other;
}
template <class Executor>
bool is_same(const Executor&, const strand&) {
    return false;
}

/// The handler has no executor of its own, so it runs on the strand.
struct any_default {};
template <class Handler>
concept unbound = std::same_as<asio::associated_executor_t<Handler, any_default>, any_default>;

template <class Handler>
bool is_at_home(const Handler& handler, const strand& home) {
    if constexpr (unbound<Handler>)
        return true;
    else
        return is_same(asio::get_associated_executor(handler, home), home);
}

/// Completes a handler that runs on the strand. The connection's loops keep the io_context at work
/// while it waits.
template <class Handler>
class home_poster {
  public:
    home_poster(Handler handler, completion_queue& queue)
        : handler_(std::move(handler)), queue_(&queue) {}

    template <class... Results>
    void operator()(Results&&... results) {
        using due = posted<Handler, std::decay_t<Results>...>;
        queue_->push(due{std::move(handler_), {std::forward<Results>(results)...}});
    }

  private:
    Handler handler_;
    completion_queue* queue_;
};

/// Completes a handler that runs elsewhere by posting it; keeps its executor at work until then.
///
/// Asio 1.22 has no work guard for a strand on any_io_executor; an executor that tracks its
/// outstanding work is one.
template <class Handler>
class away_poster {
  public:
    away_poster(Handler handler, const strand& fallback)
        : handler_(std::move(handler)),
          executor_(asio::prefer(asio::get_associated_executor(handler_, fallback),
                                 asio::execution::outstanding_work.tracked)) {}

    template <class... Results>
    void operator()(Results&&... results) {
        using due = posted<Handler, std::decay_t<Results>...>;
        asio::post(executor_, due{std::move(handler_), {std::forward<Results>(results)...}});
    }

  private:
    using executor_type = std::decay_t<decltype(asio::prefer(
        std::declval<asio::associated_executor_t<Handler, strand>>(),
        asio::execution::outstanding_work.tracked))>;

    Handler handler_;
    executor_type executor_;
};

/// Turns a failure into a handler's first argument.
template <class Error, class Poster>
struct with_error {
    Poster complete;

    template <class... Results>
    void operator()(const failure& what, Results&&... results) {
        complete(to_argument<Error>(what), std::forward<Results>(results)...);
    }
};

/// Registers the handler's cancellation slot: `core.cancel(operation)` will run on the strand.
template <class Handler, class Core>
operation_id connect_slot(const Handler& handler, const std::shared_ptr<Core>& core) {
    auto slot = asio::get_associated_cancellation_slot(handler);
    if (!slot.is_connected())
        return 0;
    const auto operation = next_operation();
    slot.assign([weak = std::weak_ptr<Core>{core}, operation](asio::cancellation_type) {
        if (auto strong = weak.lock())
            asio::post(strong->queue().get_strand(),
                       [strong, operation] { strong->cancel(operation); });
    });
    return operation;
}

/// Calls `start(core, operation, done)`, being on the strand; `done` completes the handler.
template <class Handler, class Core, class Start>
void start_here(Handler handler, const std::shared_ptr<Core>& core, Start&& start) {
    auto& queue = core->queue();
    const auto operation = connect_slot(handler, core);
    if (is_at_home(handler, queue.get_strand()))
        start(*core, operation, home_poster<Handler>{std::move(handler), queue});
    else
        start(*core, operation, away_poster<Handler>{std::move(handler), queue.get_strand()});
}

/// Calls `start(core, operation, done)` on the strand, at once if this is it. `done` is
/// Wrap<poster> where it matters, else an `Erased`, not worth a copy of the code.
template <class Erased, template <class> class Wrap, class Handler, class Core, class Start>
void launch(Handler handler, const std::shared_ptr<Core>& core, Start&& start) {
    auto& queue = core->queue();
    const auto operation = connect_slot(handler, core);
    const bool at_home = is_at_home(handler, queue.get_strand());
    if (at_home && queue.on_strand())
        return start(*core, operation, Wrap<home_poster<Handler>>{{std::move(handler), queue}});
    Erased done;
    if (at_home)
        done.emplace(Wrap<home_poster<Handler>>{{std::move(handler), queue}});
    else
        done.emplace(Wrap<away_poster<Handler>>{{std::move(handler), queue.get_strand()}});
    asio::dispatch(queue.get_strand(),
                   [core, operation, run = std::decay_t<Start>{std::forward<Start>(start)},
                    done = std::move(done)]() mutable { run(*core, operation, std::move(done)); });
}

template <class Error>
struct completing_with {
    template <class Poster>
    using first = with_error<Error, Poster>;
};
template <class Poster>
struct as_it_is : Poster {};

/// Runs `start(core, operation, done)` on the core's strand, `done` taking (failure, Results...),
/// and completes the token with (error, results…).
template <class... Results, class Core, class Token, class Start>
auto initiate(const std::shared_ptr<Core>& core, Token&& token, Start start) {
    using error_type = error_argument<Token>;
    return asio::async_initiate<Token, void(error_type, Results...)>(
        [](auto handler, const std::shared_ptr<Core>& self, auto&& run) {
            launch<callback<const failure&, Results...>,
                   completing_with<error_type>::template first>(std::move(handler), self,
                                                                std::forward<decltype(run)>(run));
        },
        token, core, std::move(start));
}

/// Like `initiate` for operations whose failures are values: completes with (result) alone.
template <class Result, class Core, class Token, class Start>
auto initiate_value(const std::shared_ptr<Core>& core, Token&& token, Start start) {
    return asio::async_initiate<Token, void(Result)>(
        [](auto handler, const std::shared_ptr<Core>& self, auto&& run) {
            launch<callback<Result>, as_it_is>(std::move(handler), self,
                                               std::forward<decltype(run)>(run));
        },
        token, core, std::move(start));
}

} // namespace taskwire::detail
