#pragma once

#include "core/uptime.hpp"
#include "store/sqlite/database.hpp"
#include "store/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// Our values as columns: times are nanoseconds since 1970 UTC, lengths nanoseconds, enumerations
/// the names that they have in JSON. What is read and was never written by us is thrown as Refused,
/// SQLITE_CORRUPT.
namespace vigia::sqlite {

inline std::string_view to_string(MonitorCategory category) {
    constexpr std::string_view kNames[] = {"website", "database", "service"};
    return kNames[static_cast<std::size_t>(category)];
}

inline std::string_view to_string(EndReason reason) {
    return reason == EndReason::resolved ? "resolved" : "retired";
}

using vigia::to_string;

/// The value of E, whose last one is `last`, that has this name; nothing where there is none.
template <class E>
std::optional<E> known_value(std::string_view name, E last) {
    for (int i = 0; i <= static_cast<int>(last); ++i) {
        const E value = static_cast<E>(i);
        if (to_string(value) == name) return value;
    }
    return std::nullopt;
}

template <class E>
E value_named(const std::string& name, E last) {
    const std::optional<E> value = known_value(name, last);
    if (!value) throw Refused({SQLITE_CORRUPT, "not a word of this store: " + name});
    return *value;
}

template <class N>
N number_in(std::int64_t column) {
    if (!std::in_range<N>(column)) {
        throw Refused({SQLITE_CORRUPT, "out of range: " + std::to_string(column)});
    }
    return static_cast<N>(column);
}

inline std::int64_t to_column(WallTime time) {
    return time.time_since_epoch().count();
}

inline std::optional<std::int64_t> to_column(const std::optional<WallTime>& time) {
    if (!time) return std::nullopt;
    return to_column(*time);
}

inline WallTime wall_time(std::int64_t column) {
    return WallTime(Duration(column));
}

inline std::optional<WallTime> wall_time(std::optional<std::int64_t> column) {
    if (!column) return std::nullopt;
    return wall_time(*column);
}

/// Binds one parameter after the other.
class Binder {
public:
    explicit Binder(Statement& statement) : statement_(statement) {}

    template <class T>
    Binder& operator<<(const T& value) {
        if constexpr (std::is_enum_v<T>) {
            statement_.bind(++last_, to_string(value));
        } else if constexpr (std::is_integral_v<T>) {
            statement_.bind(++last_, static_cast<std::int64_t>(value));
        } else if constexpr (std::is_same_v<T, Duration>) {
            statement_.bind(++last_, value.count());
        } else if constexpr (std::is_same_v<T, WallTime> ||
                             std::is_same_v<T, std::optional<WallTime>>) {
            statement_.bind(++last_, to_column(value));
        } else {
            statement_.bind(++last_, value);
        }
        return *this;
    }
    Binder& operator<<(const Reason& reason) {
        return *this << reason.phase << reason.code << reason.value << reason.detail;
    }
    Binder& operator<<(const Timings& t) {
        return *this << t.dns << t.connect << t.tls << t.login << t.ttfb << t.transfer << t.total;
    }

private:
    Statement& statement_;
    int last_ = 0;
};

/// Takes one column after the other.
class Taker {
public:
    explicit Taker(const Statement& statement) : statement_(statement) {}

    std::string text() { return statement_.text(next_++); }
    std::int64_t integer() { return statement_.integer(next_++); }
    std::uint32_t count() { return number_in<std::uint32_t>(integer()); }
    Duration duration() { return Duration(integer()); }
    WallTime time() { return wall_time(integer()); }
    std::optional<WallTime> optional_time() {
        return wall_time(statement_.optional_integer(next_++));
    }
    MonitorCategory category() { return value_named(text(), MonitorCategory::service); }
    Reason reason() {
        Reason reason;
        reason.phase = value_named(text(), Phase::condition);
        reason.code = value_named(text(), ReasonCode::internal);
        reason.value = number_in<int>(integer());
        reason.detail = text();
        return reason;
    }
    Timings timings() {
        Timings t;
        for (Duration* const length :
             {&t.dns, &t.connect, &t.tls, &t.login, &t.ttfb, &t.transfer, &t.total}) {
            *length = duration();
        }
        return t;
    }

private:
    const Statement& statement_;
    int next_ = 0;
};

}  // namespace vigia::sqlite
