#pragma once

#include "base/i18n.hpp"
#include "cli/demo/smtp_dialogue.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vigia {

/// The readable side of a MIME message; whatever the bytes are, nothing fails: what is not
/// understood is left as it stands.
struct ReadableMail {
    std::vector<std::pair<std::string, std::string>> headers;  ///< unfolded, RFC 2047 decoded
    std::string text;                                          ///< of the first text/plain part
};

/// Reads a message (RFC 5322, 2045, 2046): at most 100 headers and four levels of multipart.
ReadableMail read_mail(std::string_view content);

/// `=?UTF-8?Q?…?=` and `=?UTF-8?B?…?=` replaced by their text; other charsets stay encoded.
std::string decode_words(std::string_view header);

/// The message in a frame of `width` columns: its headers but for the MIME ones, decoded, an empty
/// line and its text. Outside text escaped, each line with its newline.
std::string framed_mail(const ReceivedMail& mail, const Catalog& catalog, std::size_t width);

}  // namespace vigia
