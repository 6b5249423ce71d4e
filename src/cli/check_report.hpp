#pragma once

#include "base/i18n.hpp"
#include "base/time.hpp"
#include "cli/terminal.hpp"
#include "core/monitor.hpp"
#include "core/probe_result.hpp"

#include <span>
#include <string>

namespace vigia {

/// A monitor and what its check found.
struct CheckedMonitor {
    MonitorPtr monitor;
    CheckResult result;
};

/// The table that `check` prints: a row for each monitor (name, type, state, time, reason), under
/// it its phases, the expiry of its certificate, what a database said of itself and its first
/// value, at the end the sums. No line is wider than
/// `shape.width` (at least kNarrowestTable). `now` is what the certificate's days are counted from.
std::string check_table(std::span<const CheckedMonitor> checked, const Catalog& catalog,
                        const TerminalShape& shape, WallTime now);
inline constexpr std::size_t kNarrowestTable = 50;

/// The same as a JSON array of monitor objects (PRODUCT §7) in one line: {id, name, type, state,
/// outcome, since: null, last_check, reason: null or {phase, code, text}, timings {dns, connect,
/// tls, login, ttfb, transfer, total} in seconds, http_status: null or a number, attempts, tls:
/// null or {version, subject, issuer, not_after}, database: null or {server_version, tls_version,
/// rows, value}, remote_address}. Valid UTF-8, whatever a target said.
std::string check_json(std::span<const CheckedMonitor> checked, const Catalog& catalog);

}  // namespace vigia
