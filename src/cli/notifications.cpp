#include "cli/notifications.hpp"

#include "base/local_time.hpp"
#include "base/text.hpp"
#include "cli/check_report.hpp"
#include "cli/columns.hpp"
#include "cli/exit_status.hpp"
#include "cli/json_text.hpp"
#include "cli/painting.hpp"
#include "cli/phrase.hpp"
#include "cli/store_place.hpp"

#include <algorithm>
#include <string_view>

namespace vigia {

namespace {

constexpr std::string_view kGap = "  ";

std::string_view status_text(DeliveryStatus status) {
    switch (status) {
        case DeliveryStatus::pending:
            return N_("pending");
        case DeliveryStatus::delivered:
            return N_("delivered");
        case DeliveryStatus::merged:
            return N_("merged");
        case DeliveryStatus::dead:
            return N_("dead");
    }
    return {};
}

std::string_view colour_of(DeliveryStatus status) {
    switch (status) {
        case DeliveryStatus::pending:
            return kYellow;
        case DeliveryStatus::delivered:
            return kGreen;
        case DeliveryStatus::merged:
            return {};
        case DeliveryStatus::dead:
            return kRed;
    }
    return {};
}

std::string_view kind_text(NotificationKind kind) {
    switch (kind) {
        case NotificationKind::alert:
            return N_("alert");
        case NotificationKind::reminder:
            return N_("reminder");
        case NotificationKind::recovery:
            return N_("recovery");
        case NotificationKind::test:
            return N_("test");
        case NotificationKind::offline:
            return N_("monitor offline");
        case NotificationKind::trouble:
            return N_("monitor in trouble");
    }
    return {};
}

class Table {
public:
    Table(const Catalog& catalog, const TerminalShape& shape) : catalog_(catalog), shape_(shape) {
        shape_.width = std::max(shape_.width, kNarrowestTable);
    }

    std::string render(std::span<const DeliveryEntry> entries) {
        const std::string head = text(N_("STATUS"));
        status_width_ = display_width(head);
        for (const DeliveryEntry& entry : entries) {
            status_width_ = std::max(status_width_, display_width(text(status_text(entry.status))));
        }
        append_row({text(N_("DATE")), kBold}, {head, kBold}, {text(N_("MESSAGE")), kBold});
        for (const DeliveryEntry& entry : entries) append(entry);
        return std::move(out_);
    }

private:
    std::string text(std::string_view msgid) const { return std::string(catalog_.text(msgid)); }

    void append(const DeliveryEntry& entry) {
        append_row({format_local(entry.created_at), {}},
                   {text(status_text(entry.status)), colour_of(entry.status)},
                   {message_of(entry), {}});
        std::vector<TextItem> items{{fitting(entry.recipient.address), kFaint},
                                    {phrase(catalog_, N_("attempts {}"), entry.attempts), kFaint}};
        if (entry.retried_at) {
            const std::string when = format_local(*entry.retried_at);
            items.push_back({phrase(catalog_, N_("retried {}"), when), kFaint});
        }
        items.push_back({entry.id, kFaint});
        out_ += in_lines(items, kIndent, shape_);
        if (entry.last_error.empty()) return;
        for (const std::string& line : wrap(fitting(entry.last_error), shape_.width - kIndent)) {
            out_ += std::string(kIndent, ' ') + line + "\n";
        }
    }

    std::string message_of(const DeliveryEntry& entry) const {
        std::string message = text(kind_text(entry.kind));
        if (entry.kind == NotificationKind::reminder) message += " " + std::to_string(entry.seq);
        if (entry.kind == NotificationKind::trouble) {
            message += ": " + describe(entry.reason, catalog_);
        } else if (!entry.monitor_name.empty()) {
            message += ": " + fitting(entry.monitor_name);
        }
        return message;
    }

    /// Outside text, cut before it is measured.
    std::string fitting(std::string_view hostile) const {
        return escape_line(shorten(hostile, 4 * shape_.width));
    }

    void append_row(const TextItem& time, const TextItem& status, const TextItem& message) {
        const std::size_t room = shape_.width - kTimeWidth - status_width_ - 2 * kGap.size();
        out_.append(painted(pad(time.text, kTimeWidth), time.colour, shape_)).append(kGap);
        out_.append(painted(pad(status.text, status_width_), status.colour, shape_)).append(kGap);
        out_.append(painted(fit(message.text, room), message.colour, shape_)).append("\n");
    }

    static constexpr std::size_t kIndent = 2;
    static constexpr std::size_t kTimeWidth = 19;  // 2024-12-19 10:15:23

    const Catalog& catalog_;
    TerminalShape shape_;
    std::size_t status_width_ = 0;
    std::string out_;
};

void write_time(JsonWriter& writer, std::string_view key, const std::optional<WallTime>& time) {
    write_text(writer, key);
    write_text_or_null(writer, time ? format_utc(*time) : std::string());
}

void write_entry(JsonWriter& writer, const DeliveryEntry& entry) {
    writer.StartObject();
    write_member(writer, "id", entry.id);
    write_member(writer, "kind", to_string(entry.kind));
    write_text(writer, "seq");
    writer.Uint(entry.seq);
    write_member(writer, "incident", entry.incident.str());
    write_text(writer, "monitor");
    if (entry.monitor.str().empty()) {
        writer.Null();
    } else {
        writer.StartObject();
        write_member(writer, "id", entry.monitor.str());
        write_member(writer, "name", entry.monitor_name);
        writer.EndObject();
    }
    const bool has_reason = entry.reason.code != ReasonCode::none;
    write_text(writer, "reason");
    write_text_or_null(writer, has_reason ? std::string(to_string(entry.reason.code)) : "");
    write_member(writer, "channel", entry.recipient.channel);
    write_member(writer, "recipient", entry.recipient.address);
    write_member(writer, "status", to_string(entry.status));
    write_text(writer, "attempts");
    writer.Uint(entry.attempts);
    write_time(writer, "created_at", entry.created_at);
    write_time(writer, "finished_at", entry.finished_at);
    write_time(writer, "retried_at", entry.retried_at);
    write_text(writer, "last_error");
    write_text_or_null(writer, entry.last_error);
    writer.EndObject();
}

int store_failed(const Error& error, const std::string& store, const Catalog& catalog,
                 Terminal& terminal) {
    terminal.error(describe_store_error(error, store, catalog) + "\n");
    return kExitFailed;
}

/// A line for people on what became of one retry.
std::string describe(const Retry& retry, const Catalog& catalog) {
    constexpr std::size_t kLongest = 100;
    const std::string id = shorten(escape_line(retry.id), kLongest);
    if (retry.done()) return phrase(catalog, N_("{}: is sent again"), id);
    if (!retry.found) return phrase(catalog, N_("{}: there is no such notification"), id);
    return phrase(catalog, N_("{}: is not dead but {}: nothing to retry"), id,
                  catalog.text(status_text(*retry.found)));
}

}  // namespace

std::string notifications_table(std::span<const DeliveryEntry> entries, const Catalog& catalog,
                                const TerminalShape& shape) {
    return Table(catalog, shape).render(entries);
}

std::string notifications_json(std::span<const DeliveryEntry> entries) {
    rapidjson::StringBuffer buffer;
    JsonWriter writer(buffer);
    writer.StartArray();
    for (const DeliveryEntry& entry : entries) write_entry(writer, entry);
    writer.EndArray();
    return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

int list_notifications(DeliveryLog& log, Terminal& terminal, const NotificationsRequest& request) {
    const Catalog catalog(request.language);
    const auto entries = log.newest(request.filter);
    if (!entries) return store_failed(entries.error(), request.store_name, catalog, terminal);
    if (request.json) {
        terminal.out(notifications_json(*entries));
    } else if (entries->empty()) {
        terminal.out(std::string(catalog.text(N_("No notifications."))) + "\n");
    } else {
        terminal.out(notifications_table(*entries, catalog, terminal.shape()));
    }
    return kExitOk;
}

int retry_notifications(DeliveryLog& log, Terminal& terminal, const RetryRequest& request) {
    const Catalog catalog(request.language);
    if (request.ids.empty()) {
        const Result<std::size_t> count = log.retry_all_dead(request.now);
        if (!count) return store_failed(count.error(), request.store_name, catalog, terminal);
        terminal.out(phrase(catalog, N_("Notifications sent again: {}"), *count) + "\n");
        return kExitOk;
    }
    const auto retries = log.retry(request.ids, request.now);
    if (!retries) return store_failed(retries.error(), request.store_name, catalog, terminal);
    int status = kExitOk;
    for (const Retry& retry : *retries) {
        const std::string line = describe(retry, catalog) + "\n";
        if (retry.done()) {
            terminal.out(line);
        } else {
            terminal.error(line);
            status = kExitFailed;
        }
    }
    return status;
}

}  // namespace vigia
