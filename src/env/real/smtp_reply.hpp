#pragma once

#include "core/delivery.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace vigia {

/// One line of a reply (RFC 5321 §4.2), taken apart.
struct SmtpReplyLine {
    int code = 0;           ///< 200 … 599
    bool last = true;       ///< "250 " or "250", as opposed to "250-"
    std::string_view text;  ///< without code and line end; hostile
};

/// None if `line` is no reply line.
std::optional<SmtpReplyLine> parse_reply_line(std::string_view line);

/// A whole reply; the lines of its text are joined by spaces, and cut at 512 bytes.
struct SmtpReply {
    int code = 0;
    std::string text;
};

/// Puts replies together from what arrives, whatever the pieces. What comes after the end of a
/// reply is an error: nothing is ever asked for in advance.
class SmtpReplyReader {
public:
    enum class State { incomplete, complete, malformed };

    static constexpr std::size_t kMaxBytes = std::size_t{64} * 1024;

    /// Takes more bytes of the reply. After `complete`, reply() is it; after `malformed` the
    /// connection is of no more use.
    State feed(std::string_view bytes);

    const SmtpReply& reply() const { return reply_; }

    /// Ready for the next reply.
    void reset() { *this = SmtpReplyReader(); }

private:
    State take_line(std::string_view line);

    std::string pending_;  // the beginning of a line
    std::size_t total_ = 0;
    State state_ = State::incomplete;
    SmtpReply reply_;
};

/// What a server offers after EHLO.
struct SmtpExtensions {
    bool smtp_utf8 = false;
    bool eight_bit_mime = false;

    /// Takes one line of the answer to EHLO.
    void take(std::string_view text);
};

/// What a reply in that phase of a transaction means: `none` if it is the one hoped for.
DeliveryFailure judge_reply(DeliveryPhase phase, int code);

}  // namespace vigia
