#pragma once

#include "base/i18n.hpp"
#include "core/mail.hpp"
#include "core/notification.hpp"
#include "env/env.hpp"

#include <span>
#include <string>

namespace vigia {

/// What a rendering needs beside the notification.
struct RenderContext {
    const Catalog& catalog;
    const HostFacts& host;
    std::string sender;       ///< address
    std::string sender_name;  ///< may be empty
    WallTime now{};           ///< the Date header
};

/// The mail of a notification (PRODUCT §6): subject, text and HTML with the same fields, headers
/// for the thread. Outside text is escaped for each sink: one-line fields by escape_line(), HTML
/// entities in the HTML part; evidence keeps its line breaks, in a block of its own. Local times
/// are printed as `2024-12-19 10:15:23`. Only a test may come without an announcement.
MailMessage render_mail(const Notification& notification, const RenderContext& context);

/// The mail of a digest: one line for each incident. Precondition: the rows have one recipient and
/// one digest, and announcements.
MailMessage render_digest(std::span<const Notification> rows, const RenderContext& context);

/// "5 d 2 h", "2 h 5 min", "3 min 20 s", "12 s", "0.4 s": the two largest units, cut off, not
/// rounded; a smaller unit of zero is left out. Nothing below zero.
std::string format_duration(Duration length);

}  // namespace vigia
