#pragma once

#include "base/secret.hpp"
#include "base/time.hpp"
#include "config/read_context.hpp"
#include "config/scalars.hpp"

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vigia {

/// What an integer may be, both ends included.
struct IntegerRange {
    std::int64_t min = std::numeric_limits<std::int64_t>::min();
    std::int64_t max = std::numeric_limits<std::int64_t>::max();
};

/// What a duration may be, both ends included, and the unit of a plain number.
struct DurationRange {
    Duration min{};
    Duration max = kLongestDuration;
    DurationUnit unit = DurationUnit::seconds;
};

// Each reads one value. Nothing: it was wrong, and the error has been reported.

/// A string with its `${NAME}` replaced from the environment; `$${` stands for `${`.
std::optional<std::string> read_string(ReadContext& context, const JsonValue& value);
std::optional<bool> read_boolean(ReadContext& context, const JsonValue& value);
std::optional<std::int64_t> read_integer(ReadContext& context, const JsonValue& value,
                                         const IntegerRange& range);
std::optional<Duration> read_duration(ReadContext& context, const JsonValue& value,
                                      const DurationRange& range);
/// A path without control characters, made absolute.
std::optional<std::string> read_path(ReadContext& context, const JsonValue& value);
/// The content of the file that a `…_file` key names, without the newline at its end.
std::optional<Secret> read_secret_file(ReadContext& context, const JsonValue& value);

/// A secret and the value that it was given by, for errors about it.
struct GivenSecret {
    Secret secret;
    const JsonValue* at;
};

/// Reads the members of one object, so that a section reads like the table that documents it: ask
/// for every key, then finish(), which reports the keys that nobody asked for. Whatever is absent
/// or wrong leaves its target as it was; wrong ones are reported. Keys are string literals. Lives
/// on the stack of a reading function; context and object outlive it.
class ObjectReader {
public:
    /// `object` must be of kind object.
    ObjectReader(ReadContext& context, const JsonValue& object);

    ReadContext& context() { return context_; }
    const JsonValue& object() const { return object_; }

    /// The member `key`, or nothing; from now on the key is known.
    const JsonValue* find(std::string_view key);
    /// find(), and an error at the object if there is none.
    const JsonValue* require(std::string_view key);
    /// find(), and an error if it is no object.
    const JsonValue* find_object(std::string_view key);

    // Each returns true if the key is present and its value good.
    bool read(std::string_view key, bool& target);
    bool read(std::string_view key, std::string& target);
    bool read(std::string_view key, Duration& target, const DurationRange& range);
    bool read_path(std::string_view key, std::string& target);
    /// `range` must fit `Integer`.
    template <class Integer>
    bool read(std::string_view key, Integer& target, const IntegerRange& range) {
        const JsonValue* value = find(key);
        if (value == nullptr) return false;
        const std::optional<std::int64_t> number = read_integer(context_, *value, range);
        if (number) target = static_cast<Integer>(*number);
        return number.has_value();
    }
    /// One of a few words.
    template <class Enum>
    bool read(std::string_view key, Enum& target,
              std::initializer_list<std::pair<std::string_view, Enum>> words) {
        const JsonValue* value = find(key);
        if (value == nullptr) return false;
        const std::optional<std::string> text = read_string(context_, *value);
        if (!text) return false;
        std::string allowed;
        for (const auto& [word, meaning] : words) {
            if (*text == word) {
                target = meaning;
                return true;
            }
            allowed += (allowed.empty() ? "" : ", ") + quoted(word);
        }
        context_.error(*value, context_.text("unknown value: allowed are {}", allowed));
        return false;
    }
    /// `key`, or the content of the file that `file_key` names; both are an error.
    std::optional<GivenSecret> secret(std::string_view key, std::string_view file_key);

    /// Reports every key that was not asked for, but for those that begin with `_` or `$`.
    void finish();

private:
    ReadContext& context_;
    const JsonValue& object_;
    std::vector<std::string_view> known_;  // literals
};

/// The one of `known` that `key` is most likely a misspelling of, or nothing.
std::optional<std::string_view> nearest(std::string_view key,
                                        const std::vector<std::string_view>& known);

}  // namespace vigia
