#include "config/document.hpp"

#include "base/text.hpp"
#include "config/characters.hpp"
#include "config/document_builder.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <iterator>

namespace vigia {
namespace {

/// One step of a JSON pointer.
void append_token(std::string& out, std::string_view token) {
    out += '/';
    for (const char c : token) {
        if (c == '~') {
            out += "~0";
        } else if (c == '/') {
            out += "~1";
        } else {
            out += c;
        }
    }
}

/// Eight bytes at a time: most of a configuration is ASCII.
bool is_all_ascii(std::string_view text) {
    constexpr std::uint64_t kHighBits = 0x8080808080808080U;
    std::size_t at = 0;
    for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, sizeof(word));
        if ((word & kHighBits) != 0) return false;
    }
    return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(),
                       [](char c) { return is_ascii(c); });
}

}  // namespace

std::size_t find_malformed_utf8(std::string_view text) {
    // By lines, which never cut a sequence: nearly all of them pass as a whole.
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size() - 1) + 1;
        const std::string_view line = text.substr(start, end - start);
        if (!is_all_ascii(line) && !is_utf8(line)) {
            for (std::size_t at = start; at < end;) {
                std::size_t length = 1;
                while (length <= 4 && !is_utf8(text.substr(at, length))) ++length;
                if (length > 4) return at;
                at += length;
            }
        }
        start = end;
    }
    return text.size();
}

Document::Document(std::string_view text) : text_(text) {
    if (text.size() > kMaxBytes) {
        fault_ = DocumentFault::too_large;
        return;
    }
    const std::size_t malformed = find_malformed_utf8(text);
    const std::size_t nul = std::min(text.find('\0'), text.size());
    if (malformed < text.size() && malformed < nul) {
        fault_ = DocumentFault::not_utf8;
        fault_offset_ = malformed;
        return;
    }
    if (nul < text.size()) {
        fault_ = DocumentFault::nul_byte;
        fault_offset_ = nul;
        return;
    }
    DocumentBuilder(*this).run();
    if (fault_ == DocumentFault::none) find_duplicates();
}

const JsonValue* Document::parent(const JsonValue& value) const {
    return &value == root() ? nullptr : &values_[value.parent];
}

std::string Document::pointer(const JsonValue& value) const {
    std::vector<const JsonValue*> path;
    for (const JsonValue* v = &value; v != root(); v = parent(*v)) path.push_back(v);
    std::string out;
    for (auto v = path.rbegin(); v != path.rend(); ++v) {
        if (parent(**v)->kind == JsonKind::object) {
            append_token(out, (*v)->key);
        } else {
            fmt::format_to(std::back_inserter(out), "/{}", (*v)->position);
        }
    }
    return out;
}

void Document::find_duplicates() {
    for (const JsonValue& value : values_) {
        if (value.kind == JsonKind::object && value.children > 1) find_duplicates_of(value);
    }
}

void Document::find_duplicates_of(const JsonValue& object) {
    constexpr std::uint32_t kFewMembers = 24;
    if (object.children <= kFewMembers) {
        for (const JsonValue* later = first_child(object); later != nullptr; later = next(*later)) {
            for (const JsonValue* v = first_child(object); v != later; v = next(*v)) {
                if (v->key == later->key) {
                    duplicates_.push_back({later, v});
                    break;
                }
            }
        }
        return;
    }
    // Sorting rather than hashing: no input makes it slow.
    std::vector<const JsonValue*> members;
    members.reserve(object.children);
    for (const JsonValue* v = first_child(object); v != nullptr; v = next(*v)) members.push_back(v);
    std::stable_sort(members.begin(), members.end(),
                     [](const JsonValue* a, const JsonValue* b) { return a->key < b->key; });
    const JsonValue* first = members.front();
    for (std::size_t i = 1; i < members.size(); ++i) {
        if (members[i]->key == first->key) {
            duplicates_.push_back({members[i], first});
        } else {
            first = members[i];
        }
    }
}

}  // namespace vigia
