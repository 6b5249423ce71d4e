#pragma once

#include "base/i18n.hpp"
#include "cli/terminal.hpp"
#include "store/delivery_log.hpp"

#include <span>
#include <string>
#include <vector>

namespace vigia {

struct NotificationsRequest {
    std::string store_name;  ///< the store's file
    Language language = Language::es;
    DeliveryFilter filter;
    bool json = false;
};

/// `vigia notifications`: prints the newest deliveries. Returns the exit status: 1 if the store
/// cannot be read.
int list_notifications(DeliveryLog& log, Terminal& terminal, const NotificationsRequest& request);

struct RetryRequest {
    std::string store_name;
    Language language = Language::es;
    std::vector<std::string> ids;  ///< none: every dead letter
    WallTime now{};
};

/// `vigia notifications retry`: makes dead letters pending again. Returns the exit status: 1 if one
/// that was named is none, or the store cannot be written.
int retry_notifications(DeliveryLog& log, Terminal& terminal, const RetryRequest& request);

/// What it prints: two lines for each delivery or more, none wider than `shape.width` (at least
/// kNarrowestTable); outside text escaped.
std::string notifications_table(std::span<const DeliveryEntry> entries, const Catalog& catalog,
                                const TerminalShape& shape);

/// The same as a JSON array in one line: {id, kind, seq, incident, monitor: null or {id, name},
/// reason: null or a ReasonCode's name, channel, recipient, status, attempts, created_at,
/// finished_at: null or a time, retried_at: likewise, last_error: null or text}. Valid UTF-8.
std::string notifications_json(std::span<const DeliveryEntry> entries);

}  // namespace vigia
