#include "cli/demo/mail_view.hpp"

#include "base/text.hpp"
#include "cli/columns.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace vigia {

namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kMaxHeaders = 100;
constexpr int kMaxDepth = 4;

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

/// `=XX` and soft line breaks; with `in_header`, `_` is a space (RFC 2047's "Q").
std::string decode_quoted(std::string_view text, bool in_header) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (in_header && text[i] == '_') {
            out += ' ';
        } else if (text[i] != '=') {
            out += text[i];
        } else if (text.substr(i + 1).starts_with("\r\n")) {
            i += 2;
        } else if (i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                   hex_digit(text[i + 2]) >= 0) {
            out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        } else {
            out += '=';
        }
    }
    return out;
}

/// Characters outside the alphabet are skipped; the padding ends it.
std::string decode_base64(std::string_view text) {
    constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    unsigned bits = 0;
    unsigned held = 0;
    for (const char c : text) {
        if (c == '=') break;
        const std::size_t value = kAlphabet.find(c);
        if (value == std::string_view::npos) continue;
        bits = ((bits << 6U) | static_cast<unsigned>(value)) & 0xffffU;
        held += 6;
        if (held < 8) continue;
        held -= 8;
        out += static_cast<char>((bits >> held) & 0xffU);
    }
    return out;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// Takes the headers and the empty line after them off `text`.
Headers take_headers(std::string_view& text) {
    Headers headers;
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        if (line.empty()) break;
        const bool continues = line.front() == ' ' || line.front() == '\t';
        if (continues && !headers.empty()) {
            headers.back().second.append(" ").append(trimmed(line));
        } else if (headers.size() < kMaxHeaders && line.find(':') != std::string_view::npos) {
            const std::size_t colon = line.find(':');
            headers.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
        }
    }
    return headers;
}

std::string header(const Headers& headers, std::string_view lower_name) {
    for (const auto& [name, value] : headers) {
        if (ascii_lower(name) == lower_name) return value;
    }
    return {};
}

/// The parameter `boundary` of a Content-Type, or nothing.
std::string boundary_of(const std::string& content_type) {
    const std::size_t at = ascii_lower(content_type).find("boundary=");
    if (at == std::string::npos) return {};
    std::string_view value = std::string_view(content_type).substr(at + 9);
    if (!value.starts_with('"')) return std::string(trimmed(value.substr(0, value.find(';'))));
    value.remove_prefix(1);
    return std::string(value.substr(0, value.find('"')));
}

std::optional<std::string> text_of(const Headers& headers, std::string_view body, int depth);

std::optional<std::string> text_among_parts(const std::string& boundary, std::string_view body,
                                            int depth) {
    const std::string mark = "--" + boundary;
    bool inside = false;
    std::string_view left = body;
    const char* start = body.data();
    while (!left.empty()) {
        const char* line_start = left.data();
        const std::string_view line = take_line(left);
        if (!line.starts_with(mark)) continue;
        if (inside) {
            std::string_view part(start, static_cast<std::size_t>(line_start - start));
            if (part.ends_with("\r\n")) part.remove_suffix(2);  // belongs to the boundary
            const Headers headers = take_headers(part);
            if (auto text = text_of(headers, part, depth + 1)) return text;
        }
        if (line.substr(mark.size()).starts_with("--")) break;
        inside = true;
        start = left.data();
    }
    return std::nullopt;
}

std::optional<std::string> text_of(const Headers& headers, std::string_view body, int depth) {
    const std::string type = header(headers, "content-type");
    const std::string kind = ascii_lower(type.substr(0, type.find(';')));
    if (kind.starts_with("multipart/")) {
        const std::string boundary = boundary_of(type);
        if (boundary.empty() || depth >= kMaxDepth) return std::nullopt;
        return text_among_parts(boundary, body, depth);
    }
    if (!kind.empty() && trimmed(kind) != "text/plain") return std::nullopt;
    const std::string encoding = ascii_lower(header(headers, "content-transfer-encoding"));
    if (encoding == "base64") return decode_base64(body);
    if (encoding == "quoted-printable") return decode_quoted(body, false);
    return std::string(body);
}

struct EncodedWord {
    std::size_t size = 0;  ///< of the whole word; 0: there is none
    std::string text;
};

/// The encoded word that `text`, which starts with "=?", starts with.
EncodedWord encoded_word(std::string_view text) {
    const std::size_t charset_end = text.find('?', 2);
    if (charset_end == std::string_view::npos) return {};
    const std::size_t encoding_end = text.find('?', charset_end + 1);
    if (encoding_end == std::string_view::npos) return {};
    const std::size_t end = text.find("?=", encoding_end + 1);
    if (end == std::string_view::npos) return {};
    const std::string charset = ascii_lower(text.substr(2, charset_end - 2));
    const std::string encoding =
        ascii_lower(text.substr(charset_end + 1, encoding_end - charset_end - 1));
    const std::string_view coded = text.substr(encoding_end + 1, end - encoding_end - 1);
    if (charset != "utf-8" && charset != "us-ascii") return {};
    if (encoding == "q") return {end + 2, decode_quoted(coded, true)};
    if (encoding == "b") return {end + 2, decode_base64(coded)};
    return {};
}

bool is_mime_header(const std::string& name) {
    const std::string lower = ascii_lower(name);
    return lower.starts_with("content-") || lower == "mime-version";
}

}  // namespace

std::string decode_words(std::string_view header_value) {
    std::string out;
    std::size_t after_word = std::string::npos;  // length of `out` behind the last word
    while (!header_value.empty()) {
        if (header_value.starts_with("=?")) {
            const EncodedWord word = encoded_word(header_value);
            if (word.size > 0) {
                // The white space between two words only separates them.
                if (after_word != std::string::npos &&
                    out.find_first_not_of(" \t", after_word) == std::string::npos) {
                    out.resize(after_word);
                }
                out += word.text;
                after_word = out.size();
                header_value.remove_prefix(word.size);
                continue;
            }
        }
        out += header_value.front();
        header_value.remove_prefix(1);
    }
    return out;
}

ReadableMail read_mail(std::string_view content) {
    const Headers headers = take_headers(content);
    ReadableMail mail;
    mail.text = text_of(headers, content, 0).value_or(std::string());
    for (const auto& [name, value] : headers) mail.headers.emplace_back(name, decode_words(value));
    return mail;
}

std::string framed_mail(const ReceivedMail& mail, const Catalog& catalog, std::size_t width) {
    constexpr std::size_t kNarrowest = 40;
    constexpr std::size_t kWidest = 100;
    width = std::clamp(width, kNarrowest, kWidest);
    const ReadableMail readable = read_mail(mail.content);
    const std::string title = "── " + std::string(catalog.text(N_("Mail received"))) + " ";
    std::string out = "\n┌" + title;
    const auto rule = [&](std::size_t used) {
        for (std::size_t i = used; i < width; ++i) out += "─";
        out += "\n";
    };
    const auto line = [&](std::string_view text) {
        constexpr std::size_t kMostIndented = 8;
        const std::size_t indent =
            std::min({text.find_first_not_of(' '), text.size(), kMostIndented});
        for (const std::string& part : wrap(escape_line(text), width - 2 - indent)) {
            out += part.empty() ? "│\n" : "│ " + std::string(indent, ' ') + part + "\n";
        }
    };
    rule(1 + display_width(title));
    for (const auto& [name, value] : readable.headers) {
        if (!is_mime_header(name)) line(name + ": " + value);
    }
    line("");
    std::string_view text = readable.text;
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    while (!text.empty()) line(take_line(text));
    out += "└";
    rule(1);
    return out + "\n";
}

}  // namespace vigia
