#include "base/local_time.hpp"
#include "cli/check_report.hpp"
#include "cli/json_text.hpp"

#include <string_view>

namespace vigia {

namespace {

void write_reason(JsonWriter& writer, const Reason& reason, const Catalog& catalog) {
    if (reason.code == ReasonCode::none) {
        writer.Null();
        return;
    }
    writer.StartObject();
    write_member(writer, "phase", to_string(reason.phase));
    write_member(writer, "code", to_string(reason.code));
    write_member(writer, "text", describe(reason, catalog));
    writer.EndObject();
}

void write_timings(JsonWriter& writer, const Timings& timings) {
    const auto seconds = [&](std::string_view key, Duration length) {
        write_text(writer, key);
        writer.Double(to_seconds(length));
    };
    writer.StartObject();
    seconds("dns", timings.dns);
    seconds("connect", timings.connect);
    seconds("tls", timings.tls);
    seconds("login", timings.login);
    seconds("ttfb", timings.ttfb);
    seconds("transfer", timings.transfer);
    seconds("total", timings.total);
    writer.EndObject();
}

void write_tls(JsonWriter& writer, const std::optional<TlsSummary>& tls) {
    if (!tls) {
        writer.Null();
        return;
    }
    writer.StartObject();
    write_member(writer, "version", tls->version);
    write_member(writer, "subject", tls->subject);
    write_member(writer, "issuer", tls->issuer);
    write_member(writer, "not_after", format_utc(tls->not_after));
    writer.EndObject();
}

void write_database(JsonWriter& writer, const std::optional<DbFacts>& database) {
    if (!database) {
        writer.Null();
        return;
    }
    writer.StartObject();
    write_member(writer, "server_version", database->server_version);
    write_text(writer, "tls_version");
    write_text_or_null(writer, database->tls_version);
    write_text(writer, "rows");
    writer.Uint64(database->rows);
    write_text(writer, "value");
    if (database->value) {
        write_text(writer, *database->value);
    } else {
        writer.Null();
    }
    writer.EndObject();
}

void write_monitor(JsonWriter& writer, const CheckedMonitor& checked, const Catalog& catalog) {
    const ProbeResult& probe = checked.result.probe;
    writer.StartObject();
    write_member(writer, "id", checked.monitor->id.str());
    write_member(writer, "name", checked.monitor->name);
    write_member(writer, "type", type_name(checked.monitor->target));
    write_member(writer, "state", to_string(probe.outcome));
    write_member(writer, "outcome", to_string(probe.outcome));
    write_text(writer, "since");
    writer.Null();  // a single check confirms nothing
    write_member(writer, "last_check", format_utc(checked.result.finished.wall));
    write_text(writer, "reason");
    write_reason(writer, probe.reason, catalog);
    write_text(writer, "timings");
    write_timings(writer, probe.timings);
    write_text(writer, "http_status");
    if (probe.http_status == 0) {
        writer.Null();
    } else {
        writer.Int(probe.http_status);
    }
    write_text(writer, "attempts");
    writer.Int(checked.result.attempts);
    write_text(writer, "tls");
    write_tls(writer, probe.tls);
    write_text(writer, "database");
    write_database(writer, probe.database);
    write_text(writer, "remote_address");
    write_text_or_null(writer, probe.remote_address);
    writer.EndObject();
}

}  // namespace

std::string check_json(std::span<const CheckedMonitor> checked, const Catalog& catalog) {
    constexpr int kMicroseconds = 6;
    rapidjson::StringBuffer buffer;
    JsonWriter writer(buffer);
    writer.SetMaxDecimalPlaces(kMicroseconds);
    writer.StartArray();
    for (const CheckedMonitor& one : checked) write_monitor(writer, one, catalog);
    writer.EndArray();
    return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

}  // namespace vigia
