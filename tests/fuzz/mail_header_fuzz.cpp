// Any text in any field of a message: no header is gained, no line is too long, nothing is lost of
// the structure.

#include "base/assert.hpp"
#include "env/real/mail_encoding.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace vigia;

/// Cuts the input at NUL bytes into the fields of a message.
std::string_view next_field(std::string_view& input) {
    const std::size_t end = input.find('\0');
    const std::string_view field = input.substr(0, end);
    input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
    return field;
}

void check_lines(std::string_view mail, std::size_t longest) {
    while (!mail.empty()) {
        const std::size_t end = mail.find("\r\n");
        VIGIA_ASSERT(end != std::string_view::npos);
        const std::string_view line = mail.substr(0, end);
        VIGIA_ASSERT(line.size() <= longest);
        VIGIA_ASSERT(line.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
        mail.remove_prefix(end + 2);
    }
}

std::size_t count_headers(std::string_view head) {
    std::size_t count = 0;
    while (!head.empty()) {
        if (head.front() != ' ') ++count;
        const std::size_t end = head.find("\r\n");
        head.remove_prefix(end == std::string_view::npos ? head.size() : end + 2);
    }
    return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    std::string_view input(reinterpret_cast<const char*>(bytes), size);
    MailMessage message;
    message.from_name = next_field(input);
    message.subject = next_field(input);
    message.message_id = next_field(input);
    message.in_reply_to = next_field(input);
    message.text = next_field(input);
    message.html = next_field(input);
    const std::string_view address = next_field(input);
    message.to = is_mail_address(address) ? std::string(address) : "ana@example.org";
    message.from_address = "vigia@example.org";

    const std::string mail = render_mail(message);
    check_lines(mail, 998);
    const std::size_t head = mail.find("\r\n\r\n");
    VIGIA_ASSERT(head != std::string::npos);
    const std::size_t expected =
        9 + (message.in_reply_to.empty() ? 0U : 2U) + (message.html.empty() ? 1U : 0U);
    VIGIA_ASSERT(count_headers(std::string_view(mail).substr(0, head)) == expected);
    const std::string data = dot_stuffed(mail);
    VIGIA_ASSERT(data.find("\r\n.\r\n") == data.size() - 5);
    check_lines(encode_header_text(message.subject, size % 80) + "\r\n", 76 + 80);
    return 0;
}
