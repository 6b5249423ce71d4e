#include "cli/json_text.hpp"

#include "base/text.hpp"

namespace vigia {

void write_text(JsonWriter& writer, std::string_view text) {
    const std::string safe = is_utf8(text) ? std::string(text) : escape_line(text);
    writer.String(safe.data(), static_cast<rapidjson::SizeType>(safe.size()));
}

void write_member(JsonWriter& writer, std::string_view key, std::string_view text) {
    write_text(writer, key);
    write_text(writer, text);
}

void write_text_or_null(JsonWriter& writer, const std::string& text) {
    if (text.empty()) {
        writer.Null();
    } else {
        write_text(writer, text);
    }
}

}  // namespace vigia
