#include "base/local_time.hpp"
#include "base/text.hpp"
#include "cli/check_report.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <string_view>

namespace vigia {

namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer, rapidjson::UTF8<>, rapidjson::UTF8<>,
                                 rapidjson::CrtAllocator, rapidjson::kWriteValidateEncodingFlag>;

void write_text(Writer& writer, std::string_view text) {
    // Malformed bytes would end the document in its middle: shown as escapes instead.
    const std::string safe = is_utf8(text) ? std::string(text) : escape_line(text);
    writer.String(safe.data(), static_cast<rapidjson::SizeType>(safe.size()));
}

void write_member(Writer& writer, std::string_view key, std::string_view text) {
    write_text(writer, key);
    write_text(writer, text);
}

void write_reason(Writer& writer, const Reason& reason, const Catalog& catalog) {
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

void write_timings(Writer& writer, const Timings& timings) {
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

void write_tls(Writer& writer, const std::optional<TlsSummary>& tls) {
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

void write_text_or_null(Writer& writer, const std::string& text) {
    if (text.empty()) {
        writer.Null();
    } else {
        write_text(writer, text);
    }
}

void write_database(Writer& writer, const std::optional<DbFacts>& database) {
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

void write_monitor(Writer& writer, const CheckedMonitor& checked, const Catalog& catalog) {
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
    Writer writer(buffer);
    writer.SetMaxDecimalPlaces(kMicroseconds);
    writer.StartArray();
    for (const CheckedMonitor& one : checked) write_monitor(writer, one, catalog);
    writer.EndArray();
    return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

}  // namespace vigia
