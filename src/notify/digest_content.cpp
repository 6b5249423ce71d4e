#include "base/assert.hpp"
#include "base/local_time.hpp"
#include "notify/mail_content.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <string_view>
#include <utility>

namespace vigia {
namespace {

bool is_over(const Notification& row) {
    return row.announcement->recovered_at.has_value();
}

/// What its last row says of each incident: those that go on first, the oldest first.
std::vector<const Notification*> last_words(std::span<const Notification> rows) {
    std::map<IncidentId, const Notification*> last;
    for (const Notification& row : rows) last[row.announcement->incident] = &row;
    std::vector<const Notification*> words;
    words.reserve(last.size());
    for (const auto& [incident, row] : last) words.push_back(row);
    std::ranges::stable_sort(words, {}, [](const Notification* row) {
        return std::pair(is_over(*row), row->announcement->confirmed_at);
    });
    return words;
}

MailContent::Field entry(const Notification& row, const Catalog& catalog) {
    const Announcement& about = *row.announcement;
    const std::string name = one_line(about.monitor_name);
    const std::string since = format_local(about.started_at);
    const std::string reason = describe(about.reason, catalog);
    MailContent::Field field;
    if (is_over(row)) {
        field.label = catalog.text(N_("RECOVERED"));
        // TRANSLATORS: {0} name, {1} and {2} date and time, {3} a length, {4} the reason.
        const auto text = catalog.text(N_("{0}: down from {1} to {2} ({3}). {4}"));
        field.value = fmt::format(fmt::runtime(text), name, since,
                                  format_local(about.recovered_at.value_or(row.created_at)),
                                  format_duration(about.down_for), reason);
    } else {
        field.label = catalog.text(N_("DOWN"));
        // TRANSLATORS: {0} name, {1} date and time, {2} the reason.
        const auto text = catalog.text(N_("{0}: down since {1}. {2}"));
        field.value = fmt::format(fmt::runtime(text), name, since, reason);
    }
    return field;
}

}  // namespace

MailContent compose_digest(std::span<const Notification> rows, const RenderContext& context) {
    VIGIA_ASSERT(!rows.empty());
    const Catalog& catalog = context.catalog;
    const std::vector<const Notification*> words = last_words(rows);
    const auto down = std::ranges::count_if(words, [](const auto* row) { return !is_over(*row); });

    MailContent content;
    content.tone = down > 0 ? Tone::down : Tone::recovered;
    // TRANSLATORS: {0} and {1} are numbers.
    content.subject = fmt::format(
        fmt::runtime(catalog.text(
            down > 0 ? std::string_view(N_("🔴 SUMMARY: delayed alerts: {0}, services down: {1}"))
                     : std::string_view(N_("🟢 SUMMARY: delayed alerts: {0}, all recovered")))),
        words.size(), down);
    content.headline = catalog.text(N_("Summary of delayed alerts"));
    content.remark = catalog.text(
        N_("These alerts could not be delivered in time: this one message tells them all, as they "
           "stood when it was written."));
    for (const Notification* row : words) content.fields.push_back(entry(*row, catalog));
    add_sender(content, context);
    return content;
}

}  // namespace vigia
