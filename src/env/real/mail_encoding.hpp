#pragma once

#include "core/mail.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace vigia {

// How a message becomes the bytes that follow DATA. Pure functions of hostile text: whatever goes
// in, no header gains a line, no line is longer than 998 bytes, and no line is a lone full stop.

/// One line of UTF-8: control characters become spaces, malformed bytes U+FFFD.
std::string header_safe(std::string_view text);

/// `text` as an unstructured header value (RFC 2047): as it is if it is short, printable ASCII,
/// otherwise as base64 encoded-words of at most 75 characters on lines of at most 76, folded, no
/// code point cut. `used` is how many characters the line already has.
std::string encode_header_text(std::string_view text, std::size_t used);

/// `Name <address>` or `address`, for From and To. An address must have passed is_mail_address().
std::string encode_mailbox(std::string_view name, std::string_view address, std::size_t used);

/// True if `address` can be sent in an envelope: not empty, at most 254 bytes, well-formed UTF-8,
/// an @ inside, no spaces, control characters or angle brackets.
bool is_mail_address(std::string_view address);

/// RFC 2045 §6.7 with CRLF line ends; the result ends in one. `text` may use any line ends.
std::string quoted_printable(std::string_view text);

/// The whole message, CRLF lines, dots not yet stuffed: headers (PRODUCT §6) and a text and an HTML
/// part. 7-bit unless an address is not.
std::string render_mail(const MailMessage& message);

/// `lines` (CRLF) with leading full stops doubled, and the end of the data: "." CRLF.
std::string dot_stuffed(std::string_view lines);

}  // namespace vigia
