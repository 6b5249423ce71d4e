#include "config/object_reader.hpp"

#include "base/assert.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <limits>

namespace vigia {
namespace {

bool is_ignored(std::string_view key) {
    return key.starts_with('_') || key.starts_with('$');
}

/// Optimal string alignment distance: insertions, deletions, changes, swaps of neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> current(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            current[j] = std::min({last[j] + 1, current[j - 1] + 1, change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                current[j] = std::min(current[j], before_last[j - 2] + 1);
            }
        }
        std::swap(before_last, last);
        std::swap(last, current);
    }
    return last[b.size()];
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view key,
                                        const std::vector<std::string_view>& known) {
    constexpr std::size_t kLongestKey = 40;
    if (key.size() > kLongestKey) return std::nullopt;
    const std::string wanted = ascii_lower(key);
    std::optional<std::string_view> best;
    std::size_t best_distance = std::max<std::size_t>(1, key.size() / 3) + 1;
    for (const std::string_view candidate : known) {
        const std::size_t d = distance(wanted, candidate);
        if (d < best_distance) {
            best_distance = d;
            best = candidate;
        }
    }
    return best;
}

ObjectReader::ObjectReader(ReadContext& context, const JsonValue& object)
    : context_(context), object_(object) {
    VIGIA_ASSERT(object.kind == JsonKind::object);
    constexpr std::size_t kUsualKeys = 32;
    known_.reserve(kUsualKeys);
}

const JsonValue* ObjectReader::find(std::string_view key) {
    known_.push_back(key);
    const Document& document = context_.document();
    for (const JsonValue* v = document.first_child(object_); v != nullptr; v = document.next(*v)) {
        if (v->key == key) return v;
    }
    return nullptr;
}

const JsonValue* ObjectReader::require(std::string_view key) {
    const JsonValue* value = find(key);
    if (value == nullptr) context_.missing(object_, key);
    return value;
}

const JsonValue* ObjectReader::find_object(std::string_view key) {
    const JsonValue* value = find(key);
    if (value == nullptr || value->kind == JsonKind::object) return value;
    context_.wrong_type(*value, context_.text("an object"));
    return nullptr;
}

bool ObjectReader::read(std::string_view key, bool& target) {
    const JsonValue* value = find(key);
    if (value == nullptr) return false;
    const std::optional<bool> result = read_boolean(context_, *value);
    if (result) target = *result;
    return result.has_value();
}

bool ObjectReader::read(std::string_view key, std::string& target) {
    const JsonValue* value = find(key);
    if (value == nullptr) return false;
    std::optional<std::string> result = read_string(context_, *value);
    if (result) target = std::move(*result);
    return result.has_value();
}

bool ObjectReader::read(std::string_view key, Duration& target, const DurationRange& range) {
    const JsonValue* value = find(key);
    if (value == nullptr) return false;
    const std::optional<Duration> result = read_duration(context_, *value, range);
    if (result) target = *result;
    return result.has_value();
}

bool ObjectReader::read_path(std::string_view key, std::string& target) {
    const JsonValue* value = find(key);
    if (value == nullptr) return false;
    std::optional<std::string> result = vigia::read_path(context_, *value);
    if (result) target = std::move(*result);
    return result.has_value();
}

std::optional<GivenSecret> ObjectReader::secret(std::string_view key, std::string_view file_key) {
    const JsonValue* direct = find(key);
    const JsonValue* file = find(file_key);
    if (direct != nullptr && file != nullptr) {
        context_.error_at_key(
            *file, context_.text("\"{}\" and \"{}\" exclude each other: keep one", key, file_key));
        return std::nullopt;
    }
    if (direct != nullptr) {
        std::optional<std::string> text = read_string(context_, *direct);
        if (!text) return std::nullopt;
        return GivenSecret{Secret(std::move(*text)), direct};
    }
    if (file == nullptr) return std::nullopt;
    std::optional<Secret> content = read_secret_file(context_, *file);
    if (!content) return std::nullopt;
    return GivenSecret{std::move(*content), file};
}

void ObjectReader::finish() {
    const Document& document = context_.document();
    for (const JsonValue* v = document.first_child(object_); v != nullptr; v = document.next(*v)) {
        if (is_ignored(v->key) || std::find(known_.begin(), known_.end(), v->key) != known_.end()) {
            continue;
        }
        if (context_.errors().full()) {
            context_.error_at_key(*v, {});
            continue;
        }
        const std::optional<std::string_view> meant = nearest(v->key, known_);
        context_.error_at_key(*v, meant ? context_.text("unknown key {}; did you mean \"{}\"?",
                                                        quoted(v->key), *meant)
                                        : context_.text("unknown key {}", quoted(v->key)));
    }
}

}  // namespace vigia
