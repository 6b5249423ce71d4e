#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace vigia {

enum class JsonKind : std::uint8_t { null, boolean, number, string, array, object };

/// One value of a Document, with its place. Offsets are bytes from the start of the text that was
/// parsed; indexes are into the document's values, 0 (the root, nobody's child) meaning none.
struct JsonValue {
    JsonKind kind = JsonKind::null;
    bool boolean = false;
    std::uint32_t offset = 0;      ///< of the value's first byte
    std::uint32_t key_offset = 0;  ///< of its key's opening quote; members of an object only
    std::uint32_t parent = 0;
    std::uint32_t first_child = 0;
    std::uint32_t next = 0;      ///< the next member or element of the same parent
    std::uint32_t children = 0;  ///< how many
    std::uint32_t position = 0;  ///< among its siblings, from 0
    std::string_view key;        ///< decoded; members of an object only
    std::string_view text;       ///< a string: decoded; a number: as written
};

/// A key that an object has already had.
struct DuplicateKey {
    const JsonValue* value;  ///< the later one
    const JsonValue* first;
};

/// Why a text is no document. Everything from `syntax` on is found by the JSON grammar.
enum class DocumentFault : std::uint8_t {
    none,
    empty,
    too_large,
    not_utf8,
    nul_byte,
    too_deep,
    too_many_values,
    syntax,  ///< none of those below
    value_expected,
    key_expected,
    colon_expected,
    comma_or_brace_expected,
    comma_or_bracket_expected,
    something_follows,
    string_not_closed,
    control_in_string,
    bad_escape,
    bad_surrogate,
    bad_number,
    number_too_large,
};

/// A JSON text (RFC 8259, with comments and trailing commas) as a tree that knows where everything
/// stands. Keeps duplicate keys. Strings without escapes are views of the text, so the text must
/// outlive the document; the values are one array, so that a hundred thousand monitors cost a few
/// allocations, and neither reading nor destroying recurses. Neither copied nor moved.
class Document {
public:
    static constexpr std::size_t kMaxBytes = 64U * 1024U * 1024U;
    static constexpr std::size_t kMaxDepth = 32;
    static constexpr std::size_t kMaxValues = 1'000'000;

    /// Parses `text`, which has no BOM. Never throws but for lack of memory; look at fault().
    explicit Document(std::string_view text);
    Document(const Document&) = delete;
    Document& operator=(const Document&) = delete;

    DocumentFault fault() const { return fault_; }
    /// Where the fault is; meaningless without one.
    std::size_t fault_offset() const { return fault_offset_; }

    std::string_view text() const { return text_; }

    /// What was read: all of it without a fault, else what stood before the fault (perhaps nothing:
    /// then there is no root).
    const std::vector<JsonValue>& values() const { return values_; }
    const JsonValue* root() const { return values_.empty() ? nullptr : &values_.front(); }
    const std::vector<DuplicateKey>& duplicates() const { return duplicates_; }

    const JsonValue* first_child(const JsonValue& value) const { return at(value.first_child); }
    const JsonValue* next(const JsonValue& value) const { return at(value.next); }
    /// The parent, or nothing for the root.
    const JsonValue* parent(const JsonValue& value) const;

    /// RFC 6901, from the root; "" is the root itself.
    std::string pointer(const JsonValue& value) const;

private:
    friend class DocumentBuilder;

    const JsonValue* at(std::uint32_t index) const {
        return index == 0 ? nullptr : &values_[index];
    }
    void find_duplicates();
    void find_duplicates_of(const JsonValue& object);

    std::string_view text_;
    std::vector<JsonValue> values_;
    std::deque<std::string> decoded_;  // strings that had escapes; a deque: its elements stay
    std::vector<DuplicateKey> duplicates_;
    DocumentFault fault_ = DocumentFault::none;
    std::size_t fault_offset_ = 0;
};

/// The offset of the first byte of `text` that is not well-formed UTF-8, or its size.
std::size_t find_malformed_utf8(std::string_view text);

}  // namespace vigia
