#include "base/local_time.hpp"
#include "base/text.hpp"
#include "cli/check_report.hpp"
#include "cli/columns.hpp"
#include "cli/painting.hpp"
#include "cli/phrase.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <string_view>
#include <vector>

namespace vigia {

namespace {

constexpr std::string_view kGap = "  ";

std::string format_latency(Duration length) {
    const double seconds = to_seconds(length);
    if (seconds >= 0.9995) return fmt::format("{:.2f} s", seconds);
    const double ms = seconds * 1'000;
    return fmt::format(fmt::runtime(ms < 9.95 ? "{:.1f} ms" : "{:.0f} ms"), ms);
}

std::string_view state_text(Outcome outcome) {
    switch (outcome) {
        case Outcome::up:
            return N_("up");
        case Outcome::degraded:
            return N_("degraded");
        case Outcome::down:
            return N_("down");
        case Outcome::unknown:
            return N_("unknown");
    }
    return {};
}

std::string_view colour_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::up:
            return kGreen;
        case Outcome::degraded:
            return kYellow;
        case Outcome::down:
            return kRed;
        case Outcome::unknown:
            return kPurple;
    }
    return {};
}

/// The cells of one monitor, before they are fitted.
struct Row {
    std::string name;
    std::string type;
    std::string state;
    std::string time;
    std::string reason;
};

struct Widths {
    std::size_t name = 0;
    std::size_t type = 0;
    std::size_t state = 0;
    std::size_t time = 0;
    std::size_t reason = 0;
};

class Table {
public:
    Table(const Catalog& catalog, const TerminalShape& shape, WallTime now)
        : catalog_(catalog), shape_(shape), now_(now) {
        shape_.width = std::max(shape_.width, kNarrowestTable);
    }

    std::string render(std::span<const CheckedMonitor> checked) {
        const Row head{text(N_("NAME")), text(N_("TYPE")), text(N_("STATE")), text(N_("TIME")),
                       text(N_("REASON"))};
        std::vector<Row> rows;
        rows.reserve(checked.size());
        for (const CheckedMonitor& one : checked) rows.push_back(row_of(one));
        settle_widths(head, rows);

        append_row(head, kBold, true);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            append_row(rows[i], colour_of(checked[i].result.outcome()), false);
            append_phases(checked[i].result.probe);
        }
        append_sums(checked);
        return std::move(out_);
    }

private:
    std::string text(std::string_view msgid) const { return std::string(catalog_.text(msgid)); }

    Row row_of(const CheckedMonitor& one) const {
        // Cut before measuring, too: a name may be megabytes long.
        const std::string_view name = one.monitor->name;
        const ProbeResult& probe = one.result.probe;
        return {one_line(name), std::string(type_name(one.monitor->target)),
                text(state_text(probe.outcome)), format_latency(probe.timings.total),
                describe(probe.reason, catalog_)};
    }

    /// The name gives way to the reason, down to a third of the width; what the reason lacks then
    /// becomes more lines.
    void settle_widths(const Row& head, const std::vector<Row>& rows) {
        const auto measure = [this](const Row& row) {
            const auto widen = [](std::size_t& width, const std::string& cell) {
                width = std::max(width, display_width(cell));
            };
            widen(widths_.name, row.name);
            widen(widths_.type, row.type);
            widen(widths_.state, row.state);
            widen(widths_.time, row.time);
            widen(widths_.reason, row.reason);
        };
        measure(head);
        for (const Row& row : rows) measure(row);
        const std::size_t fixed = widths_.type + widths_.state + widths_.time + 4 * kGap.size();
        const std::size_t room = shape_.width - std::min(shape_.width - 2, fixed);
        const std::size_t left = room - std::min(room, widths_.reason);
        widths_.name = std::min(widths_.name, std::max(left, room / 2));
        widths_.reason = room - widths_.name;
    }

    void append_row(const Row& row, std::string_view colour, bool whole) {
        const std::vector<std::string> reason = wrap(row.reason, widths_.reason);
        const std::string name = pad(fit(row.name, widths_.name), widths_.name);
        const std::string type = pad(row.type, widths_.type);
        const std::string state = pad(row.state, widths_.state);
        // The time stands to the right, so that the digits line up.
        const std::string time =
            std::string(widths_.time - display_width(row.time), ' ') + row.time;
        std::string line = painted(name, whole ? colour : "");
        line.append(kGap).append(painted(type, whole ? colour : ""));
        line.append(kGap).append(painted(state, colour));
        line.append(kGap).append(painted(time, whole ? colour : ""));
        if (!reason.front().empty()) {
            line.append(kGap).append(painted(reason.front(), whole ? colour : ""));
        }
        out_ += line + "\n";
        const std::size_t indent = shape_.width - widths_.reason;
        for (std::size_t i = 1; i < reason.size(); ++i) {
            out_ += std::string(indent, ' ') + reason[i] + "\n";
        }
    }

    void append_phases(const ProbeResult& probe) {
        const Timings& t = probe.timings;
        struct Part {
            std::string_view name;
            Duration length;
        };
        const std::array<Part, 7> parts{{{N_("DNS"), t.dns},
                                         {N_("connection"), t.connect},
                                         {N_("TLS"), t.tls},
                                         {N_("login"), t.login},
                                         {N_("first byte"), t.ttfb},
                                         {N_("transfer"), t.transfer},
                                         {N_("total"), t.total}}};
        constexpr std::size_t kIndent = 2;
        constexpr Duration kShortestShown = std::chrono::microseconds(50);  // not "0.0 ms"
        std::vector<TextItem> items;
        for (const Part& part : parts) {
            if (part.length < kShortestShown) continue;
            items.push_back(
                {fmt::format("{} {}", catalog_.text(part.name), format_latency(part.length)),
                 kFaint});
        }
        if (probe.tls) items.push_back({expiry(*probe.tls), kFaint});
        append_items(items, kIndent);
        if (!probe.database) return;
        const DbFacts& database = *probe.database;
        items = {{one_line(database.server_version), kFaint},
                 {database.tls_version.empty() ? text(N_("not encrypted")) : database.tls_version,
                  kFaint}};
        if (database.value) {
            items.push_back({phrase(catalog_, N_("value {}"), one_line(*database.value)), kFaint});
        } else if (is_good(probe.outcome)) {
            items.push_back({phrase(catalog_, N_("rows {}"), database.rows), kFaint});
        }
        append_items(items, kIndent);
    }

    /// Text of a target, cut before it is measured.
    std::string one_line(std::string_view hostile) const {
        return escape_line(shorten(hostile, 4 * shape_.width));
    }

    std::string expiry(const TlsSummary& tls) const {
        const std::string day = format_local(tls.not_after).substr(0, 10);
        const auto left = std::chrono::floor<std::chrono::days>(tls.not_after - now_).count();
        if (tls.not_after < now_) return phrase(catalog_, N_("certificate expired on {}"), day);
        return phrase(catalog_, N_("certificate until {} ({} days)"), day, left);
    }

    void append_items(const std::vector<TextItem>& items, std::size_t indent) {
        out_ += in_lines(items, indent, shape_);
    }

    void append_sums(std::span<const CheckedMonitor> checked) {
        std::array<std::size_t, 4> sums{};
        for (const CheckedMonitor& one : checked) {
            ++sums[static_cast<std::size_t>(one.result.outcome())];
        }
        std::vector<TextItem> items{{phrase(catalog_, N_("Checked: {}"), checked.size()), {}}};
        for (std::size_t i = 0; i < sums.size(); ++i) {
            if (sums[i] == 0) continue;
            const auto outcome = static_cast<Outcome>(i);
            items.push_back({fmt::format("{}: {}", catalog_.text(state_text(outcome)), sums[i]),
                             colour_of(outcome)});
        }
        out_ += "\n";
        append_items(items, 0);
    }

    std::string painted(std::string_view cell, std::string_view colour) const {
        return vigia::painted(cell, colour, shape_);
    }

    const Catalog& catalog_;
    TerminalShape shape_;
    WallTime now_;
    Widths widths_;
    std::string out_;
};

}  // namespace

std::string check_table(std::span<const CheckedMonitor> checked, const Catalog& catalog,
                        const TerminalShape& shape, WallTime now) {
    return Table(catalog, shape, now).render(checked);
}

}  // namespace vigia
