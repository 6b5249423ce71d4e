// Hostile names, reasons and answers through the mail templates: headers stay one line, both parts
// stay UTF-8, no markup from outside reaches the HTML part.

#include "base/text.hpp"
#include "notify/mail_content.hpp"
#include "notify/render.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace vigia;

/// Stops the fuzzer; not VIGIA_ASSERT, since this is about outside bytes.
void require(bool holds) {
    if (!holds) std::abort();
}

void require_one_line(std::string_view text) {
    require(is_utf8(text));
    require(std::none_of(text.begin(), text.end(),
                         [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }));
}

/// Takes the input apart: numbers from single bytes, texts up to the next 0xf5 (never in UTF-8).
class Input {
public:
    Input(const std::uint8_t* data, std::size_t size)
        : rest_(reinterpret_cast<const char*>(data), size) {}

    unsigned byte() {
        if (rest_.empty()) return 0;
        const auto value = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        return value;
    }
    std::string text() {
        const std::size_t end = std::min(rest_.find('\xf5'), rest_.size());
        std::string value(rest_.substr(0, end));
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        return value;
    }

private:
    std::string_view rest_;
};

Notification read_notification(Input& input) {
    Notification notification;
    notification.kind =
        static_cast<NotificationKind>(input.byte() % (static_cast<int>(kLastNotificationKind) + 1));
    notification.seq = input.byte();
    notification.merged_alert = notification.kind == NotificationKind::recovery && input.byte() % 2;
    Announcement about;
    about.category = static_cast<MonitorCategory>(input.byte() % 3);
    about.reason.phase = static_cast<Phase>(input.byte() % 10);
    about.reason.code =
        static_cast<ReasonCode>(input.byte() % (static_cast<unsigned>(ReasonCode::internal) + 1));
    about.reason.value = static_cast<int>(input.byte()) - 100;
    about.down_for = std::chrono::milliseconds(input.byte() * input.byte() * input.byte());
    about.timings.total = about.down_for / 1000;
    about.monitor_name = input.text();
    about.reason.detail = input.text();
    notification.recipient = {"email", input.text()};
    about.evidence = input.text();
    notification.announcement = std::make_shared<const Announcement>(std::move(about));
    return notification;
}

/// The number of `<` in the HTML part of a mail with the same fields, but harmless values.
std::ptrdiff_t tags_of(const MailContent& hostile, Language language) {
    MailContent tame = hostile;
    tame.subject = "x";
    if (!tame.about.empty()) tame.about = "x";
    for (MailContent::Field& field : tame.fields) field.value = "x";
    for (std::string& line : tame.evidence) line = "x";
    const std::string html = html_part(tame, language);
    return std::count(html.begin(), html.end(), '<');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input input(data, size);
    const Language language = input.byte() % 2 == 0 ? Language::es : Language::en;
    const Notification notification = read_notification(input);
    const Catalog catalog(language);
    const HostFacts host{input.text(), "Linux", "x86_64"};
    const RenderContext context{catalog, host, input.text(), input.text(), WallTime{}};

    const MailMessage mail = render_mail(notification, context);
    for (const std::string* const header : {&mail.from_address, &mail.from_name, &mail.to,
                                            &mail.subject, &mail.message_id, &mail.in_reply_to}) {
        require_one_line(*header);
    }
    require(mail.subject.size() <= kMaxSubject);
    require(is_utf8(mail.text));
    require(is_utf8(mail.html));

    const MailContent content = compose_mail(notification, context);
    for (const MailContent::Field& field : content.fields) require_one_line(field.value);
    for (const std::string& line : content.evidence) require_one_line(line);
    require(std::count(mail.html.begin(), mail.html.end(), '<') == tags_of(content, language));
    return 0;
}
