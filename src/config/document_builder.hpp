#pragma once

#include "config/document.hpp"

#include <vector>

namespace vigia {

/// Fills a Document from the events of RapidJSON's parser, which reports no places: the start of
/// each token is found by skipping, from the end of the previous one, what may stand between two.
/// Lives for one call of run(), on the stack of the document's constructor.
class DocumentBuilder {
public:
    explicit DocumentBuilder(Document& document) : document_(document) {}

    void run();

    // The handler that RapidJSON calls; the names are its own. False stops the parser.
    bool Null() { return scalar(JsonKind::null); }
    bool Bool(bool value);
    bool Int(int) { return false; }  // numbers arrive as text
    bool Uint(unsigned) { return false; }
    bool Int64(std::int64_t) { return false; }
    bool Uint64(std::uint64_t) { return false; }
    bool Double(double) { return false; }
    bool RawNumber(const char* text, unsigned length, bool copy);
    bool String(const char* text, unsigned length, bool copy);
    bool Key(const char* text, unsigned length, bool copy);
    bool StartObject() { return open(JsonKind::object); }
    bool EndObject(unsigned) { return close(); }
    bool StartArray() { return open(JsonKind::array); }
    bool EndArray(unsigned) { return close(); }

private:
    /// An object or array that is not closed yet.
    struct Open {
        std::uint32_t index;
        std::uint32_t last_child;
    };

    /// Appends a value that starts at `offset`; nothing if there are too many.
    JsonValue* add(JsonKind kind, std::size_t offset);
    bool scalar(JsonKind kind);
    bool open(JsonKind kind);
    bool close();
    bool refuse(DocumentFault fault, std::size_t offset);
    std::size_t skip_gap() const;
    std::size_t parser_offset() const;
    std::string_view string_between(std::size_t start, const char* text, unsigned length);

    Document& document_;
    const void* stream_ = nullptr;  // the parser's input: knows how far it has read
    std::size_t end_ = 0;           // of the last token
    std::uint32_t key_offset_ = 0;
    std::string_view key_;
    std::vector<Open> open_;
};

}  // namespace vigia
