#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <string>
#include <string_view>

namespace vigia {

/// Writes the JSON that commands print: valid UTF-8, whatever the text was.
using JsonWriter =
    rapidjson::Writer<rapidjson::StringBuffer, rapidjson::UTF8<>, rapidjson::UTF8<>,
                      rapidjson::CrtAllocator, rapidjson::kWriteValidateEncodingFlag>;

/// Malformed bytes, which would end the document in its middle, are shown as escapes.
void write_text(JsonWriter& writer, std::string_view text);
void write_member(JsonWriter& writer, std::string_view key, std::string_view text);
/// Null where it is empty.
void write_text_or_null(JsonWriter& writer, const std::string& text);

}  // namespace vigia
