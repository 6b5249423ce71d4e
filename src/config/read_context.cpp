#include "config/read_context.hpp"

#include "base/text.hpp"

#include <utility>

namespace vigia {
namespace {

std::string_view kind_name(const Catalog& catalog, JsonKind kind) {
    switch (kind) {
        case JsonKind::null:
            return "null";
        case JsonKind::boolean:
            return catalog.text("a boolean");
        case JsonKind::number:
            return catalog.text("a number");
        case JsonKind::string:
            return catalog.text("a string");
        case JsonKind::array:
            return catalog.text("a list");
        case JsonKind::object:
            return catalog.text("an object");
    }
    return {};
}

}  // namespace

void ReadContext::error(const JsonValue& value, std::string message) {
    const bool full = errors_.full();
    errors_.add(value.offset, full ? std::string() : document_.pointer(value), std::move(message));
}

void ReadContext::warn(const JsonValue& value, std::string message) {
    const bool full = warnings_.full();
    warnings_.add(value.offset, full ? std::string() : document_.pointer(value),
                  std::move(message));
}

void ReadContext::error_at_key(const JsonValue& member, std::string message) {
    const bool full = errors_.full();
    errors_.add(member.key_offset, full ? std::string() : document_.pointer(member),
                std::move(message));
}

void ReadContext::missing(const JsonValue& object, std::string_view key) {
    error(object, text("the required key \"{}\" is missing", key));
}

void ReadContext::wrong_type(const JsonValue& value, std::string_view expected) {
    error(value,
          text("wrong type: expected {}, found {}", expected, kind_name(catalog_, value.kind)));
}

std::string ReadContext::absolute(const std::string& path) const {
    if (path.empty() || path.front() == '/' || sources_.base_directory.empty()) return path;
    const bool slash = sources_.base_directory.back() == '/';
    return sources_.base_directory + (slash ? "" : "/") + path;
}

bool ReadContext::readable(const std::string& path) {
    const auto known = readable_.find(path);
    if (known != readable_.end()) return known->second;
    const bool result = sources_.read_file && sources_.read_file(path).has_value();
    readable_.emplace(path, result);
    return result;
}

std::string quoted(std::string_view name, std::size_t longest) {
    return '"' + escape_line(shorten(name, longest)) + '"';
}

}  // namespace vigia
