#pragma once

#include "store/delivery_log.hpp"

#include <string>
#include <utility>

namespace vigia {

/// The log of deliveries in an SqliteFile's file, through a connection of its own for each call:
/// whoever holds the file goes on writing. Takes no part in who holds it, changes nothing but the
/// rows that it retries, and makes no file. Errors: `absent`, `older` than this program (it is
/// brought up by the next run), `newer`, `foreign`, `damaged`, `unavailable`.
class SqliteDeliveryLog final : public DeliveryLog {
public:
    explicit SqliteDeliveryLog(std::string path) : path_(std::move(path)) {}

    Result<std::vector<DeliveryEntry>> newest(const DeliveryFilter& filter) override;
    Result<std::vector<Retry>> retry(std::span<const std::string> ids, WallTime now) override;
    Result<std::size_t> retry_all_dead(WallTime now) override;

private:
    std::string path_;
};

}  // namespace vigia
