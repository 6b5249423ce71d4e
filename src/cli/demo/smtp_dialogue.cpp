#include "cli/demo/smtp_dialogue.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <utility>

namespace vigia {

namespace {

constexpr std::string_view kName = "vigia.demo";

SmtpDialogue::Step reply(std::string text) {
    SmtpDialogue::Step step;
    step.reply = std::move(text) + "\r\n";
    return step;
}

/// The address in `FROM:<address> parameters`; nothing if it is not written like that.
std::optional<std::string> address_in(std::string_view argument, std::string_view keyword) {
    if (ascii_lower(argument.substr(0, keyword.size())) != keyword) return std::nullopt;
    argument.remove_prefix(keyword.size());
    while (argument.starts_with(' ')) argument.remove_prefix(1);
    const std::size_t end = argument.find('>');
    if (!argument.starts_with('<') || end == std::string_view::npos) return std::nullopt;
    return std::string(argument.substr(1, end - 1));
}

}  // namespace

std::string SmtpDialogue::greeting() {
    return fmt::format("220 {} ESMTP\r\n", kName);
}

SmtpDialogue::Step SmtpDialogue::line(std::string_view line) {
    return in_data_ ? data(line) : command(line);
}

SmtpDialogue::Step SmtpDialogue::command(std::string_view line) {
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string verb = ascii_lower(line.substr(0, space));
    const std::string_view argument = line.substr(std::min(space + 1, line.size()));
    if (verb == "ehlo" || verb == "helo") {
        reset();
        greeted_ = true;
        if (verb == "helo") return reply(fmt::format("250 {}", kName));
        return reply(fmt::format("250-{}\r\n250-8BITMIME\r\n250-PIPELINING\r\n250 SIZE {}", kName,
                                 kMaxContent));
    }
    if (verb == "mail") return mail_from(argument);
    if (verb == "rcpt") return rcpt_to(argument);
    if (verb == "data") {
        if (mail_.recipients.empty()) return reply("503 5.5.1 RCPT first");
        in_data_ = true;
        return reply("354 end with <CRLF>.<CRLF>");
    }
    if (verb == "rset") {
        reset();
        return reply("250 2.0.0 OK");
    }
    if (verb == "noop") return reply("250 2.0.0 OK");
    if (verb == "vrfy") return reply("252 2.1.5 send some mail");
    if (verb == "quit") {
        Step step = reply("221 2.0.0 bye");
        step.close = true;
        return step;
    }
    return reply("500 5.5.1 unknown command");
}

SmtpDialogue::Step SmtpDialogue::mail_from(std::string_view argument) {
    if (!greeted_) return reply("503 5.5.1 EHLO first");
    if (has_sender_) return reply("503 5.5.1 sender already given");
    std::optional<std::string> address = address_in(argument, "from:");
    if (!address) return reply("501 5.5.4 MAIL FROM:<address>");
    has_sender_ = true;
    mail_.sender = std::move(*address);
    return reply("250 2.1.0 OK");
}

SmtpDialogue::Step SmtpDialogue::rcpt_to(std::string_view argument) {
    if (!has_sender_) return reply("503 5.5.1 MAIL first");
    std::optional<std::string> address = address_in(argument, "to:");
    if (!address || address->empty()) return reply("501 5.5.4 RCPT TO:<address>");
    if (mail_.recipients.size() >= kMaxRecipients) return reply("452 4.5.3 too many recipients");
    mail_.recipients.push_back(std::move(*address));
    return reply("250 2.1.5 OK");
}

SmtpDialogue::Step SmtpDialogue::data(std::string_view line) {
    if (line != ".") {
        if (line.starts_with('.')) line.remove_prefix(1);
        too_much_ = too_much_ || mail_.content.size() + line.size() + 2 > kMaxContent;
        if (!too_much_) mail_.content.append(line).append("\r\n");
        return {};
    }
    Step step = reply(too_much_ ? "552 5.3.4 message too large" : "250 2.0.0 accepted");
    if (!too_much_) step.mail = std::move(mail_);
    reset();
    return step;
}

void SmtpDialogue::reset() {
    in_data_ = false;
    too_much_ = false;
    has_sender_ = false;
    mail_ = ReceivedMail{};
}

}  // namespace vigia
