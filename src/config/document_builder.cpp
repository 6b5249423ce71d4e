#include "config/document_builder.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <rapidjson/reader.h>

namespace vigia {
namespace {

/// RapidJSON's input: a text that need not end in a NUL, and an offset that can be asked for.
class OffsetStream {
public:
    using Ch = char;

    explicit OffsetStream(std::string_view text)
        : begin_(text.data()), at_(text.data()), end_(text.data() + text.size()) {}

    Ch Peek() const { return at_ == end_ ? '\0' : *at_; }
    Ch Take() { return at_ == end_ ? '\0' : *at_++; }
    std::size_t Tell() const { return static_cast<std::size_t>(at_ - begin_); }

    // Writing in place: not used, but named by the parser.
    Ch* PutBegin() { return nullptr; }
    void Put(Ch) {}
    void Flush() {}
    std::size_t PutEnd(Ch*) { return 0; }

private:
    const char* begin_;
    const char* at_;
    const char* end_;
};

DocumentFault fault_of(rapidjson::ParseErrorCode code) {
    switch (code) {
        case rapidjson::kParseErrorDocumentEmpty:
            return DocumentFault::empty;
        case rapidjson::kParseErrorDocumentRootNotSingular:
            return DocumentFault::something_follows;
        case rapidjson::kParseErrorValueInvalid:
            return DocumentFault::value_expected;
        case rapidjson::kParseErrorObjectMissName:
            return DocumentFault::key_expected;
        case rapidjson::kParseErrorObjectMissColon:
            return DocumentFault::colon_expected;
        case rapidjson::kParseErrorObjectMissCommaOrCurlyBracket:
            return DocumentFault::comma_or_brace_expected;
        case rapidjson::kParseErrorArrayMissCommaOrSquareBracket:
            return DocumentFault::comma_or_bracket_expected;
        case rapidjson::kParseErrorStringUnicodeEscapeInvalidHex:
        case rapidjson::kParseErrorStringEscapeInvalid:
            return DocumentFault::bad_escape;
        case rapidjson::kParseErrorStringUnicodeSurrogateInvalid:
            return DocumentFault::bad_surrogate;
        case rapidjson::kParseErrorStringMissQuotationMark:
            return DocumentFault::string_not_closed;
        case rapidjson::kParseErrorStringInvalidEncoding:
            return DocumentFault::not_utf8;
        case rapidjson::kParseErrorNumberTooBig:
            return DocumentFault::number_too_large;
        case rapidjson::kParseErrorNumberMissFraction:
        case rapidjson::kParseErrorNumberMissExponent:
            return DocumentFault::bad_number;
        default:
            return DocumentFault::syntax;
    }
}

}  // namespace

void DocumentBuilder::run() {
    // A guess that spares most of the growing; a value takes a dozen bytes of text or more.
    document_.values_.reserve(std::min(document_.text_.size() / 32 + 16, Document::kMaxValues));
    OffsetStream stream(document_.text_);
    stream_ = &stream;
    // Encoding was checked, comments included. The iterative parser has no recursion to overflow.
    constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseCommentsFlag |
                                rapidjson::kParseTrailingCommasFlag |
                                rapidjson::kParseNumbersAsStringsFlag;
    rapidjson::Reader reader;
    const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, *this);
    stream_ = nullptr;
    if (!result.IsError() || document_.fault_ != DocumentFault::none) return;
    DocumentFault fault = fault_of(result.Code());
    std::size_t offset = std::min(result.Offset(), document_.text_.size());
    if (fault == DocumentFault::bad_escape &&
        static_cast<unsigned char>(document_.text_[offset]) < 0x20) {
        fault = DocumentFault::control_in_string;
    }
    // The end of the file says nothing about where the quote is missing; the string's start does.
    if (fault == DocumentFault::string_not_closed) offset = skip_gap();
    refuse(fault, offset);
}

bool DocumentBuilder::refuse(DocumentFault fault, std::size_t offset) {
    document_.fault_ = fault;
    document_.fault_offset_ = offset;
    return false;
}

std::size_t DocumentBuilder::parser_offset() const {
    return static_cast<const OffsetStream*>(stream_)->Tell();
}

/// The start of the token that follows end_: past white space, comments, commas and colons.
std::size_t DocumentBuilder::skip_gap() const {
    const std::string_view text = document_.text_;
    std::size_t at = end_;
    while (at < text.size()) {
        const char c = text[at];
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == ',' || c == ':') {
            ++at;
        } else if (text.substr(at, 2) == "//") {
            at = std::min(text.find('\n', at), text.size());
        } else if (text.substr(at, 2) == "/*") {
            const std::size_t close = text.find("*/", at + 2);
            at = close == std::string_view::npos ? text.size() : close + 2;
        } else {
            break;
        }
    }
    return at;
}

JsonValue* DocumentBuilder::add(JsonKind kind, std::size_t offset) {
    auto& values = document_.values_;
    if (values.size() >= Document::kMaxValues) {
        refuse(DocumentFault::too_many_values, offset);
        return nullptr;
    }
    const auto index = static_cast<std::uint32_t>(values.size());
    JsonValue value;
    value.kind = kind;
    value.offset = static_cast<std::uint32_t>(offset);
    if (!open_.empty()) {
        Open& container = open_.back();
        JsonValue& parent = values[container.index];
        value.parent = container.index;
        value.position = parent.children++;
        (container.last_child == 0 ? parent.first_child : values[container.last_child].next) =
            index;
        container.last_child = index;
        if (parent.kind == JsonKind::object) {
            value.key = key_;
            value.key_offset = key_offset_;
        }
    }
    values.push_back(value);
    return &values.back();
}

bool DocumentBuilder::scalar(JsonKind kind) {
    const std::size_t start = skip_gap();
    end_ = parser_offset();
    return add(kind, start) != nullptr;
}

bool DocumentBuilder::Bool(bool value) {
    if (!scalar(JsonKind::boolean)) return false;
    document_.values_.back().boolean = value;
    return true;
}

bool DocumentBuilder::RawNumber(const char*, unsigned, bool) {
    // RapidJSON 1.1.0 forgets the exponent in the text it passes, hence the source's own.
    if (!scalar(JsonKind::number)) return false;
    JsonValue& value = document_.values_.back();
    value.text = document_.text_.substr(value.offset, end_ - value.offset);
    return true;
}

/// What stands between the quotes: a view of the source where that is the same.
std::string_view DocumentBuilder::string_between(std::size_t start, const char* text,
                                                 unsigned length) {
    // An escape is always longer than what it stands for.
    if (end_ - start == length + std::size_t{2}) return document_.text_.substr(start + 1, length);
    return document_.decoded_.emplace_back(text, length);
}

bool DocumentBuilder::String(const char* text, unsigned length, bool) {
    const std::size_t start = skip_gap();
    end_ = parser_offset();
    const std::string_view content = string_between(start, text, length);
    // A lone low surrogate passes RapidJSON 1.1.0 and comes out as what is not UTF-8.
    if (end_ - start != length + std::size_t{2} && !is_utf8(content)) {
        return refuse(DocumentFault::bad_surrogate, start);
    }
    JsonValue* value = add(JsonKind::string, start);
    if (value == nullptr) return false;
    value->text = content;
    return true;
}

bool DocumentBuilder::Key(const char* text, unsigned length, bool) {
    const std::size_t start = skip_gap();
    end_ = parser_offset();
    key_offset_ = static_cast<std::uint32_t>(start);
    key_ = string_between(start, text, length);
    if (end_ - start != length + std::size_t{2} && !is_utf8(key_)) {
        return refuse(DocumentFault::bad_surrogate, start);
    }
    return true;
}

bool DocumentBuilder::open(JsonKind kind) {
    const std::size_t start = skip_gap();
    if (open_.size() >= Document::kMaxDepth) return refuse(DocumentFault::too_deep, start);
    if (add(kind, start) == nullptr) return false;
    open_.push_back({static_cast<std::uint32_t>(document_.values_.size() - 1), 0});
    end_ = start + 1;
    return true;
}

bool DocumentBuilder::close() {
    end_ = skip_gap() + 1;  // past the bracket, at which the parser still stands
    open_.pop_back();
    return true;
}

}  // namespace vigia
