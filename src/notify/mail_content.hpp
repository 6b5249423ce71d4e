#pragma once

#include "core/notification.hpp"
#include "notify/render.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vigia {

/// What colours a message.
enum class Tone : std::uint8_t {
    down,
    recovered,
    test,
    own,  ///< trouble of the machine that watches
};

/// What a mail says, in the reader's language, before it takes the shape of text or HTML. Every
/// string is one line of valid UTF-8 without control characters; `<` and the like are still there.
struct MailContent {
    struct Field {
        std::string label;
        std::string value;
    };

    Tone tone = Tone::down;
    std::string subject;   ///< at most kMaxSubject bytes
    std::string headline;  ///< "Service down"
    std::string about;     ///< the monitor's name; empty where it is of none
    std::string remark;    ///< a sentence before the fields; may be empty
    std::vector<Field> fields;
    std::string evidence_label;
    std::vector<std::string> evidence;  ///< the lines of the target's answer; may be empty
    std::vector<Field> host;
    std::string closing;
};

inline constexpr std::size_t kMaxSubject = 200;
/// Longer values are shortened in the body, evidence (all its lines together) to the second.
inline constexpr std::size_t kMaxFieldValue = 500;
inline constexpr std::size_t kMaxEvidence = 1024;

/// Puts a notification into words. Precondition: every kind but `test` has an announcement.
MailContent compose_mail(const Notification& notification, const RenderContext& context);

/// Puts the rows of a digest into words: a line for each incident, by the last that they say of it.
/// Precondition: every row has an announcement, and comes after those of its incident before it.
MailContent compose_digest(std::span<const Notification> rows, const RenderContext& context);

/// Outside text as a field: one line, escaped, at most kMaxFieldValue bytes.
std::string one_line(std::string_view outside);

/// Fills in who sends: host and closing line.
void add_sender(MailContent& content, const RenderContext& context);

/// The two parts of the mail, with the same fields in the same order.
std::string text_part(const MailContent& content);
std::string html_part(const MailContent& content, Language language);

}  // namespace vigia
