#pragma once

#include "config/object_reader.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vigia {

// The sections of the configuration. Each reads the one value it is given, reports what is wrong
// through the context, and returns what could be read: complete only if nothing was reported.

/// The seven keys that `monitor_settings` and every monitor have. `policy` holds the defaults.
void read_policy(ObjectReader& reader, Policy& policy);

/// `tls` of a monitor, if it is there.
void read_tls(ObjectReader& parent, TlsOptions& tls);
/// The members that `tls` has of every kind of monitor.
void read_tls_members(ObjectReader& reader, TlsOptions& tls);

/// `monitor_settings`, into `config`.
void read_monitor_settings(ReadContext& context, const JsonValue& value, Config& config);
LoggingSettings read_logging_settings(ReadContext& context, const JsonValue& value);
NotificationSettings read_notifications(ReadContext& context, const JsonValue& value);
UplinkSettings read_uplink(ReadContext& context, const JsonValue& value);
HealthSettings read_health(ReadContext& context, const JsonValue& value);
StorageSettings read_storage(ReadContext& context, const JsonValue& value);
WebSettings read_web(ReadContext& context, const JsonValue& value);

/// `email`; nothing for `{}`.
std::optional<EmailChannel> read_email(ReadContext& context, const JsonValue& value);

/// A monitor whose id is not settled yet.
struct MonitorDraft {
    Monitor monitor;         ///< with the id that was configured, or none
    const JsonValue* id_at;  ///< the configured id, or nothing
};

/// A monitor of the name that `value` has, with all defaults.
MonitorDraft start_monitor(const JsonValue& value, MonitorCategory category,
                           const Policy& defaults);

/// What every kind of monitor has in common.
void read_common(ObjectReader& reader, MonitorDraft& draft);

/// One entry of `databases`.
MonitorDraft read_database(ReadContext& context, const JsonValue& value, const Policy& defaults);

/// One entry of `websites`, in either form.
MonitorDraft read_website(ReadContext& context, const JsonValue& value, const Policy& defaults);

}  // namespace vigia
