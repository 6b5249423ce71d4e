#include "base/text.hpp"
#include "config/characters.hpp"
#include "config/object_reader.hpp"

#include <algorithm>
#include <cmath>

namespace vigia {
namespace {

bool is_name_part(char c) {
    return is_alphanumeric(c) || c == '_';
}

/// The NAME of "${NAME}" at the start of `text`; empty if there is none.
std::string_view variable_name(std::string_view text) {
    std::size_t end = 2;
    if (end >= text.size() || !is_name_part(text[end]) || is_digit(text[end])) return {};
    while (end < text.size() && is_name_part(text[end])) ++end;
    if (end == text.size() || text[end] != '}') return {};
    return text.substr(2, end - 2);
}

bool append_variable(ReadContext& context, const JsonValue& value, std::string_view name,
                     std::string& out) {
    const auto& environment = context.sources().environment;
    const std::optional<std::string> content =
        environment ? environment(std::string(name)) : std::nullopt;
    if (!content) {
        context.error(value, context.text("the environment variable {} is not set", quoted(name)));
        return false;
    }
    if (!is_utf8(*content)) {
        context.error(
            value, context.text("the environment variable {} does not hold UTF-8", quoted(name)));
        return false;
    }
    out += *content;
    return true;
}

}  // namespace

std::optional<std::string> read_string(ReadContext& context, const JsonValue& value) {
    if (value.kind != JsonKind::string) {
        context.wrong_type(value, context.text("a string"));
        return std::nullopt;
    }
    const std::string_view text = value.text;
    std::string out;
    bool good = true;
    std::size_t copied = 0;
    // Only "$" is looked for: a string without one is copied as a whole.
    for (std::size_t at = text.find('$'); at != std::string_view::npos; at = text.find('$', at)) {
        if (text.substr(at).starts_with("$${")) {
            out += text.substr(copied, at - copied);
            out += "${";
            at += 3;
            copied = at;
        } else if (text.substr(at).starts_with("${")) {
            out += text.substr(copied, at - copied);
            const std::string_view name = variable_name(text.substr(at));
            if (name.empty()) {
                context.error(
                    value, context.text("\"${{\" must be followed by the name of an environment "
                                        "variable and \"}}\"; write \"$${{\" for a plain \"${{\""));
                return std::nullopt;
            }
            good = append_variable(context, value, name, out) && good;
            at += name.size() + 3;
            copied = at;
        } else {
            ++at;
        }
    }
    if (!good) return std::nullopt;
    out += text.substr(copied);
    return out;
}

std::optional<bool> read_boolean(ReadContext& context, const JsonValue& value) {
    if (value.kind == JsonKind::boolean) return value.boolean;
    context.wrong_type(value, context.text("true or false"));
    return std::nullopt;
}

std::optional<std::int64_t> read_integer(ReadContext& context, const JsonValue& value,
                                         const IntegerRange& range) {
    if (value.kind != JsonKind::number) {
        context.wrong_type(value, context.text("a whole number"));
        return std::nullopt;
    }
    const std::optional<std::int64_t> number = integer_value(value.text);
    if (!number && std::trunc(number_value(value.text)) != number_value(value.text)) {
        context.error(value, context.text("must be a whole number"));
        return std::nullopt;
    }
    if (!number || *number < range.min || *number > range.max) {
        context.error(value,
                      context.text("out of range: must be from {} to {}", range.min, range.max));
        return std::nullopt;
    }
    return number;
}

std::optional<Duration> read_duration(ReadContext& context, const JsonValue& value,
                                      const DurationRange& range) {
    std::optional<Duration> duration;
    if (value.kind == JsonKind::number) {
        duration = duration_of(number_value(value.text), range.unit);
    } else if (value.kind == JsonKind::string) {
        const std::optional<std::string> text = read_string(context, value);
        if (!text) return std::nullopt;
        duration = parse_duration(*text);
        if (!duration) {
            context.error(value, context.text("not a duration: write a number with its unit, such "
                                              "as \"500ms\", \"10s\", \"5m\", \"2h\" or \"1d\""));
            return std::nullopt;
        }
    } else {
        context.wrong_type(value,
                           context.text("a duration (a number, or a string such as \"10s\")"));
        return std::nullopt;
    }
    if (!duration || *duration < range.min || *duration > range.max) {
        context.error(value, context.text("out of range: must be from {} to {}",
                                          duration_text(range.min), duration_text(range.max)));
        return std::nullopt;
    }
    return duration;
}

std::optional<std::string> read_path(ReadContext& context, const JsonValue& value) {
    const std::optional<std::string> path = read_string(context, value);
    if (!path) return std::nullopt;
    if (path->empty() || std::any_of(path->begin(), path->end(), is_control)) {
        context.error(value, context.text("not a path: it is empty or holds control characters"));
        return std::nullopt;
    }
    return context.absolute(*path);
}

std::optional<Secret> read_secret_file(ReadContext& context, const JsonValue& value) {
    const std::optional<std::string> path = read_path(context, value);
    if (!path) return std::nullopt;
    const auto& read_file = context.sources().read_file;
    std::optional<std::string> content = read_file ? read_file(*path) : std::nullopt;
    if (!content) {
        // What came from a variable is not shown: it might be the secret itself.
        constexpr std::size_t kLongestPath = 4096;
        const bool plain = value.text.find('$') == std::string_view::npos;
        const std::string_view shown = plain ? std::string_view(*path) : value.text;
        context.error(value, context.text("cannot read the file {}", quoted(shown, kLongestPath)));
        return std::nullopt;
    }
    if (content->ends_with('\n')) {
        content->pop_back();
        if (content->ends_with('\r')) content->pop_back();
    }
    if (content->find('\0') != std::string::npos) {
        context.error(value, context.text("the file holds a NUL byte"));
        return std::nullopt;
    }
    return Secret(std::move(*content));
}

}  // namespace vigia
