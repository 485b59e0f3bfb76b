#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace taskwire::detail {

template <class... Args>
struct callback_table {
    void (*call)(void* self, Args... args);
    void (*relocate)(void* from, void* to) noexcept;
    void (*destroy)(void* self) noexcept;
};

/// A function to be called at most once, move-only, without allocation while its target takes
/// `Size` bytes or less. C++20 has no std::move_only_function, and a completion handler need not be
/// copyable.
template <std::size_t Size, class... Args>
class sized_callback {
  public:
    /// Not defaulted: `{}` would clear the place.
    sized_callback() noexcept {} // NOLINT(modernize-use-equals-default)

    template <class Function>
    requires(!std::same_as<std::remove_cvref_t<Function>, sized_callback> &&
             std::invocable<Function&, Args...>) sized_callback(Function&& function) {
        emplace(std::forward<Function>(function));
    }

    /// Gets another target, made in place.
    template <class Function>
    void emplace(Function&& function) {
        reset();
        using target = std::remove_cvref_t<Function>;
        if constexpr (fits<target>) {
            ::new (static_cast<void*>(place_)) target(std::forward<Function>(function));
            table_ = &inplace_table<target>;
        } else {
            using boxed = std::unique_ptr<target>;
            ::new (static_cast<void*>(place_))
                boxed(std::make_unique<target>(std::forward<Function>(function)));
            table_ = &boxed_table<target>;
        }
    }

    sized_callback(sized_callback&& other) noexcept { take(other); }
    sized_callback& operator=(sized_callback&& other) noexcept {
        if (this != &other) {
            reset();
            take(other);
        }
        return *this;
    }
    ~sized_callback() { reset(); }

    explicit operator bool() const { return table_ != nullptr; }

    /// Calls the target and forgets it.
    void operator()(Args... args) {
        sized_callback self{std::move(*this)};
        self.table_->call(self.place_, std::forward<Args>(args)...);
    }

    /// Calls the target where it is: for a callback that stays in place meanwhile, and is not
    /// called again.
    void call_in_place(Args... args) { table_->call(place_, std::forward<Args>(args)...); }

  private:
    template <class Target>
    static constexpr bool fits = sizeof(Target) <= Size &&
                                 alignof(Target) <= alignof(std::max_align_t) &&
                                 std::is_nothrow_move_constructible_v<Target>;

    template <class Target>
    static Target& as(void* self) {
        return *std::launder(static_cast<Target*>(self));
    }

    template <class Target>
    static constexpr callback_table<Args...> inplace_table{
        [](void* self, Args... args) { as<Target>(self)(std::forward<Args>(args)...); },
        [](void* from, void* to) noexcept {
            ::new (to) Target(std::move(as<Target>(from)));
            as<Target>(from).~Target();
        },
        [](void* self) noexcept { as<Target>(self).~Target(); },
    };

    template <class Target>
    static constexpr callback_table<Args...> boxed_table{
        // NOLINTNEXTLINE(performance-unnecessary-value-param): a target may take it
        [](void* self, Args... args) {
            (*as<std::unique_ptr<Target>>(self))(std::forward<Args>(args)...);
        },
        [](void* from, void* to) noexcept {
            using box = std::unique_ptr<Target>;
            ::new (to) box(std::move(as<box>(from)));
            as<box>(from).~box();
        },
        [](void* self) noexcept {
            using box = std::unique_ptr<Target>;
            as<box>(self).~box();
        },
    };

    void take(sized_callback& other) noexcept {
        table_ = std::exchange(other.table_, nullptr);
        if (table_ != nullptr)
            table_->relocate(other.place_, place_);
    }

    void reset() noexcept {
        if (table_ != nullptr)
            std::exchange(table_, nullptr)->destroy(place_);
    }

    alignas(std::max_align_t) std::byte place_[Size];
    const callback_table<Args...>* table_ = nullptr;
};

template <class... Args>
using callback = sized_callback<160, Args...>;

} // namespace taskwire::detail
