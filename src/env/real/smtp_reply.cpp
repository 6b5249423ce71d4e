#include "env/real/smtp_reply.hpp"

#include "base/text.hpp"

namespace vigia {

namespace {

constexpr std::size_t kMaxText = 512;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

std::optional<SmtpReplyLine> parse_reply_line(std::string_view line) {
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
    if (line.size() < 3 || !is_digit(line[0]) || !is_digit(line[1]) || !is_digit(line[2])) {
        return std::nullopt;
    }
    if (line[0] < '2' || line[0] > '5') return std::nullopt;
    if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return std::nullopt;
    SmtpReplyLine reply;
    reply.code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    reply.last = line.size() == 3 || line[3] == ' ';
    reply.text = line.size() > 4 ? line.substr(4) : std::string_view();
    return reply;
}

SmtpReplyReader::State SmtpReplyReader::feed(std::string_view bytes) {
    if (state_ != State::incomplete) return state_ = State::malformed;
    total_ += bytes.size();
    if (total_ > kMaxBytes) return state_ = State::malformed;
    while (!bytes.empty()) {
        const std::size_t end = bytes.find('\n');
        if (end == std::string_view::npos) {
            pending_ += bytes;
            break;
        }
        pending_ += bytes.substr(0, end);
        bytes.remove_prefix(end + 1);
        state_ = take_line(pending_);
        pending_.clear();
        if (state_ == State::malformed) break;
        if (state_ == State::complete) {
            if (!bytes.empty()) state_ = State::malformed;
            break;
        }
    }
    return state_;
}

SmtpReplyReader::State SmtpReplyReader::take_line(std::string_view line) {
    const std::optional<SmtpReplyLine> parsed = parse_reply_line(line);
    if (!parsed || (reply_.code != 0 && parsed->code != reply_.code)) return State::malformed;
    reply_.code = parsed->code;
    if (reply_.text.size() < kMaxText) {
        if (!reply_.text.empty() && !parsed->text.empty()) reply_.text += ' ';
        reply_.text += parsed->text;
        reply_.text = shorten(reply_.text, kMaxText);
    }
    return parsed->last ? State::complete : State::incomplete;
}

void SmtpExtensions::take(std::string_view text) {
    const std::string keyword = ascii_lower(text.substr(0, text.find(' ')));
    if (keyword == "smtputf8") smtp_utf8 = true;
    if (keyword == "8bitmime") eight_bit_mime = true;
}

DeliveryFailure judge_reply(DeliveryPhase phase, int code) {
    const int wanted = phase == DeliveryPhase::content ? 3 : 2;
    if (code / 100 == wanted) return DeliveryFailure::none;
    if (code == 421) return DeliveryFailure::server_error;  // about to close, whatever it was about
    switch (phase) {
        case DeliveryPhase::auth:
            return DeliveryFailure::authentication;
        case DeliveryPhase::recipient:
        case DeliveryPhase::content:
        case DeliveryPhase::acknowledgement:
            if (code / 100 == 4) return DeliveryFailure::deferred;
            if (code / 100 == 5) return DeliveryFailure::rejected_recipient;
            return DeliveryFailure::server_error;
        default:
            return DeliveryFailure::server_error;
    }
}

}  // namespace vigia
