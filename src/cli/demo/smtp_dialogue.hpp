#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vigia {

/// A message as it came: envelope and content (lines end in CRLF, dots unstuffed).
struct ReceivedMail {
    std::string sender;
    std::vector<std::string> recipients;
    std::string content;

    friend bool operator==(const ReceivedMail&, const ReceivedMail&) = default;
};

/// The server's side of one SMTP session (RFC 5321, the minimum of commands), without I/O: lines go
/// in, replies come out. Accepts everything within its bounds; keeps no state but that of the
/// transaction under way.
class SmtpDialogue {
public:
    static constexpr std::size_t kMaxLine = 1'000;  ///< without CRLF; whoever reads sees to it
    static constexpr std::size_t kMaxContent = std::size_t{1024} * 1024;
    static constexpr std::size_t kMaxRecipients = 100;

    struct Step {
        std::string reply;                 ///< with CRLF; empty inside the data
        std::optional<ReceivedMail> mail;  ///< a message that is complete
        bool close = false;                ///< after the reply
    };

    static std::string greeting();

    /// The next line, without CRLF.
    Step line(std::string_view line);

private:
    Step command(std::string_view line);
    Step data(std::string_view line);
    Step mail_from(std::string_view argument);
    Step rcpt_to(std::string_view argument);
    void reset();

    bool greeted_ = false;
    bool in_data_ = false;
    bool too_much_ = false;
    bool has_sender_ = false;
    ReceivedMail mail_;
};

}  // namespace vigia
