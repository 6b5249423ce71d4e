#include "env/real/mail_encoding.hpp"

#include "base/base64.hpp"
#include "base/hash.hpp"
#include "base/local_time.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <fmt/format.h>

namespace vigia {

namespace {

constexpr std::size_t kMaxEncodedWord = 75;
constexpr std::size_t kMaxLine = 76;
constexpr std::size_t kMaxAddress = 254;  // RFC 5321 §4.5.3.1.3, without the brackets
constexpr std::string_view kWordStart = "=?UTF-8?B?";
constexpr std::string_view kWordEnd = "?=";
constexpr std::string_view kReplacement = "\xef\xbf\xbd";

bool is_control(unsigned char c) {
    return c < 0x20 || c == 0x7f;
}

bool is_printable_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

/// Bytes of the UTF-8 sequence at the start of `text`, or 0 if there is none.
std::size_t sequence_length(std::string_view text) {
    for (std::size_t length = 1; length <= std::min<std::size_t>(4, text.size()); ++length) {
        if (is_utf8(text.substr(0, length))) return length;
    }
    return 0;
}

/// How many bytes fit into an encoded word of at most `room` characters.
std::size_t word_capacity(std::size_t room) {
    const std::size_t frame = kWordStart.size() + kWordEnd.size();
    return room <= frame ? 0 : (room - frame) / 4 * 3;
}

std::string encoded_words(std::string_view safe, std::size_t used) {
    std::string out;
    std::size_t room = used < kMaxLine ? kMaxLine - used : 0;
    while (!safe.empty()) {
        const std::size_t capacity = word_capacity(std::min(room, kMaxEncodedWord));
        std::size_t length = 0;
        while (length < safe.size()) {
            const std::size_t next = sequence_length(safe.substr(length));
            if (length + next > capacity) break;
            length += next;
        }
        if (length > 0) {
            out.append(kWordStart).append(base64(safe.substr(0, length))).append(kWordEnd);
            safe.remove_prefix(length);
        }
        if (!safe.empty()) out += "\r\n ";
        room = kMaxLine - 1;
    }
    return out;
}

bool needs_encoding(std::string_view safe, std::size_t used) {
    return !is_printable_ascii(safe) || safe.find("=?") != std::string_view::npos ||
           used + safe.size() > kMaxLine;
}

/// The atoms of RFC 5322 §3.2.3, and spaces between them.
bool is_phrase(std::string_view text) {
    constexpr std::string_view kAtom = "!#$%&'*+-/=?^_`{|}~ ";
    return std::all_of(text.begin(), text.end(), [kAtom](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               kAtom.find(c) != std::string_view::npos;
    });
}

std::string quoted_string(std::string_view safe) {
    std::string quoted = "\"";
    for (const char c : safe) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + '"';
}

/// A value that is never encoded: ids. Printable ASCII without spaces, of a length that fits.
std::string token(std::string_view text) {
    constexpr std::size_t kMaxToken = 900;
    std::string out;
    for (const char c : text.substr(0, kMaxToken)) {
        out += c > 0x20 && c < 0x7f ? c : '_';
    }
    return out;
}

/// One line of text to quoted-printable, soft line breaks included, without the hard one.
void append_quoted_line(std::string& out, std::string_view line) {
    std::size_t column = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const auto c = static_cast<unsigned char>(line[i]);
        const bool last = i + 1 == line.size();
        const bool blank = c == ' ' || c == '\t';
        const bool plain = (c > 0x20 && c < 0x7f && c != '=') || (blank && !last);
        const std::size_t width = plain ? 1 : 3;
        // A soft break takes the last column, unless this is the end of the line.
        if (column + width > kMaxLine - (last ? 0 : 1)) {
            out += "=\r\n";
            column = 0;
        }
        if (plain) {
            out += static_cast<char>(c);
        } else {
            fmt::format_to(std::back_inserter(out), "={:02X}", static_cast<unsigned>(c));
        }
        column += width;
    }
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
    fmt::format_to(std::back_inserter(out), "{}: {}\r\n", name, value);
}

void append_part(std::string& out, std::string_view type, std::string_view text) {
    fmt::format_to(std::back_inserter(out),
                   "Content-Type: {}; charset=utf-8\r\n"
                   "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
                   type);
    out += quoted_printable(text);
}

}  // namespace

std::string header_safe(std::string_view text) {
    std::string safe;
    safe.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = sequence_length(text);
        if (length == 0) {
            safe += kReplacement;
        } else if (length == 1 && is_control(static_cast<unsigned char>(text.front()))) {
            safe += ' ';
        } else {
            safe += text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return safe;
}

std::string encode_header_text(std::string_view text, std::size_t used) {
    std::string safe = header_safe(text);
    return needs_encoding(safe, used) ? encoded_words(safe, used) : safe;
}

std::string encode_mailbox(std::string_view name, std::string_view address, std::size_t used) {
    const std::string place = header_safe(address);
    if (name.empty()) return place;
    const std::string safe = header_safe(name);
    std::string shown;
    if (needs_encoding(safe, used)) {
        shown = encoded_words(safe, used);
    } else {
        shown = is_phrase(safe) ? safe : quoted_string(safe);
    }
    const bool fits =
        shown.find('\n') == std::string::npos && used + shown.size() + place.size() + 3 <= kMaxLine;
    return fmt::format("{}{} <{}>", shown, fits ? "" : "\r\n", place);
}

bool is_mail_address(std::string_view address) {
    const std::size_t at = address.rfind('@');
    return !address.empty() && address.size() <= kMaxAddress && at != std::string_view::npos &&
           at > 0 && at + 1 < address.size() && is_utf8(address) &&
           std::none_of(address.begin(), address.end(), [](char c) {
               return is_control(static_cast<unsigned char>(c)) || c == ' ' || c == '<' || c == '>';
           });
}

std::string quoted_printable(std::string_view text) {
    std::string out;
    out.reserve(text.size() + text.size() / 4 + 2);
    while (!text.empty()) {
        const std::size_t end = text.find_first_of("\r\n");
        append_quoted_line(out, text.substr(0, end));
        out += "\r\n";
        if (end == std::string_view::npos) break;
        text.remove_prefix(text.substr(end, 2) == "\r\n" ? end + 2 : end + 1);
    }
    if (out.empty()) out = "\r\n";
    return out;
}

std::string render_mail(const MailMessage& message) {
    std::string out;
    append_header(out, "From", encode_mailbox(message.from_name, message.from_address, 6));
    append_header(out, "To", encode_mailbox("", message.to, 4));
    append_header(out, "Subject", encode_header_text(message.subject, 9));
    append_header(out, "Date", format_rfc5322(message.date));
    append_header(out, "Message-ID", token(message.message_id));
    if (!message.in_reply_to.empty()) {
        append_header(out, "In-Reply-To", token(message.in_reply_to));
        append_header(out, "References", token(message.in_reply_to));
    }
    append_header(out, "Auto-Submitted", "auto-generated");
    append_header(out, "X-Auto-Response-Suppress", "All");
    append_header(out, "MIME-Version", "1.0");
    if (message.html.empty()) {
        append_part(out, "text/plain", message.text);
        return out;
    }
    // Quoted-printable never has an "=" before an underscore: no part can hold the boundary.
    const std::string boundary = fmt::format("=_{:016x}", stable_hash(message.message_id));
    append_header(out, "Content-Type",
                  fmt::format("multipart/alternative;\r\n boundary=\"{}\"", boundary));
    fmt::format_to(std::back_inserter(out), "\r\n--{}\r\n", boundary);
    append_part(out, "text/plain", message.text);
    fmt::format_to(std::back_inserter(out), "\r\n--{}\r\n", boundary);
    append_part(out, "text/html", message.html);
    fmt::format_to(std::back_inserter(out), "\r\n--{}--\r\n", boundary);
    return out;
}

std::string dot_stuffed(std::string_view lines) {
    std::string out;
    out.reserve(lines.size() + lines.size() / 64 + 8);
    bool line_start = true;
    for (const char c : lines) {
        if (line_start && c == '.') out += '.';
        out += c;
        line_start = c == '\n';
    }
    if (!line_start) out += "\r\n";
    out += ".\r\n";
    return out;
}

}  // namespace vigia
