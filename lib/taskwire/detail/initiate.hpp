#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <tuple>

#include <taskwire/asio.hpp>
#include <taskwire/detail/callback.hpp>
#include <taskwire/failure.hpp>

/// How a public operation meets a completion token.
///
/// With `use_awaitable` and `use_future` a failure is thrown as `taskwire::error`; any other token
/// gets a `std::error_code` first. Completions are posted to the handler's executor, never run
/// inside a state transition; a cancellation slot means "stop waiting, the broker may still do it".
namespace taskwire::detail {

/// Parameters of asynchronous operations must not be aggregates that own memory: GCC 12 destroys
/// such a temporary twice when it is built inside a co_await operand.
template <class T>
concept co_await_safe = std::is_trivially_destructible_v<T> || !std::is_aggregate_v<T>;

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

/// Completes a user's handler by posting it; keeps its executor at work until then.
///
/// Asio 1.22 has no work guard for a strand on any_io_executor; an executor that tracks its
/// outstanding work is one.
template <class Handler>
class poster {
  public:
    poster(Handler handler, const strand& fallback)
        : handler_(std::move(handler)),
          executor_(asio::prefer(asio::get_associated_executor(handler_, fallback),
                                 asio::execution::outstanding_work.tracked)) {}

    template <class... Results>
    void operator()(Results... results) {
        asio::post(executor_,
                   posted<Handler, Results...>{std::move(handler_), {std::move(results)...}});
    }

  private:
    using executor_type = std::decay_t<decltype(asio::prefer(
        std::declval<asio::associated_executor_t<Handler, strand>>(),
        asio::execution::outstanding_work.tracked))>;

    Handler handler_;
    executor_type executor_;
};

/// Registers the handler's cancellation slot: `core.cancel(operation)` will run on the strand.
template <class Handler, class Core>
void connect_slot(const Handler& handler, const std::shared_ptr<Core>& core,
                  operation_id operation) {
    auto slot = asio::get_associated_cancellation_slot(handler);
    if (!slot.is_connected())
        return;
    slot.assign([weak = std::weak_ptr<Core>{core}, operation](asio::cancellation_type) {
        if (auto strong = weak.lock())
            asio::post(strong->get_strand(), [strong, operation] { strong->cancel(operation); });
    });
}

/// Runs `start(core, operation, callback<failure, Results...>)` on the core's strand and completes
/// the token with (error, results…).
template <class... Results, class Core, class Token, class Start>
auto initiate(std::shared_ptr<Core> core, Token&& token, Start start) {
    using error_type = error_argument<Token>;
    return asio::async_initiate<Token, void(error_type, Results...)>(
        [](auto handler, std::shared_ptr<Core> self, Start run) {
            const auto operation = next_operation();
            connect_slot(handler, self, operation);
            const auto& executor = self->get_strand();
            callback<failure, Results...> done{
                [complete = poster{std::move(handler), executor}](const failure& what,
                                                                  Results... results) mutable {
                    complete(to_argument<error_type>(what), std::move(results)...);
                }};
            asio::dispatch(executor, [self, operation, run = std::move(run),
                                      done = std::move(done)]() mutable {
                run(*self, operation, std::move(done));
            });
        },
        token, std::move(core), std::move(start));
}

/// Like `initiate` for operations whose failures are values: completes with (result) alone.
template <class Result, class Core, class Token, class Start>
auto initiate_value(std::shared_ptr<Core> core, Token&& token, Start start) {
    return asio::async_initiate<Token, void(Result)>(
        [](auto handler, std::shared_ptr<Core> self, Start run) {
            const auto operation = next_operation();
            connect_slot(handler, self, operation);
            const auto& executor = self->get_strand();
            callback<Result> done{poster{std::move(handler), executor}};
            asio::dispatch(executor, [self, operation, run = std::move(run),
                                      done = std::move(done)]() mutable {
                run(*self, operation, std::move(done));
            });
        },
        token, std::move(core), std::move(start));
}

} // namespace taskwire::detail
