#pragma once

#include "store/history.hpp"

#include <memory>
#include <string>

namespace vigia {

/// The History in an SQLite file, through a connection of its own that only reads. The process that
/// writes may start, stop and be killed meanwhile.
class SqliteHistory final : public History {
public:
    /// Errors, with what SQLite said as detail: `foreign`, `damaged`, `newer`, `unavailable` (not
    /// there, not readable, or of an older version, which the next `run` brings to this one).
    static Result<std::unique_ptr<SqliteHistory>> open(const std::string& path);
    ~SqliteHistory() override;

    Result<std::vector<MonitorStatus>> states() override;
    Result<Uptime> uptime(const MonitorId& monitor, const TimeRange& range) override;
    Result<std::vector<MonitorUptime>> uptimes(const TimeRange& range) override;
    Result<std::vector<Span>> spans(const MonitorId& monitor, const TimeRange& range) override;
    Result<Rollup> total(const MonitorId& monitor, const TimeRange& range) override;
    Result<std::vector<SeriesPoint>> series(const MonitorId& monitor, const TimeRange& range,
                                            Duration step) override;
    Result<std::vector<PastResult>> recent(const MonitorId& monitor) override;
    Result<std::vector<Incident>> incidents(const IncidentQuery& query) override;

private:
    class Impl;
    explicit SqliteHistory(std::unique_ptr<Impl> impl);
    template <class Read>
    auto answer(Read read) -> Result<decltype(read())>;

    std::unique_ptr<Impl> impl_;
};

}  // namespace vigia
