// The blobs of a store's history: what is read from any bytes is written and read again the same.

#include "base/assert.hpp"
#include "core/rollup.hpp"
#include "store/sqlite/result_codec.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace vigia;

void check_rollup(std::string_view bytes) {
    const std::optional<Rollup> rollup = decode_rollup(bytes);
    if (!rollup) return;
    VIGIA_ASSERT(decode_rollup(encode(*rollup)) == rollup);
    VIGIA_ASSERT(rollup->latency.percentile(0.5) <= rollup->latency.percentile(1));
    Rollup twice = *rollup;
    twice.merge(*rollup);
    VIGIA_ASSERT(twice.latency.count() >= rollup->latency.count());
}

void check_results(std::string_view bytes, sqlite::BlobOf kind) {
    std::vector<sqlite::StoredResult> results;
    const bool whole = sqlite::decode_results(bytes, kind, results);
    VIGIA_ASSERT(results.size() <= bytes.size());
    for (const sqlite::StoredResult& result : results) VIGIA_ASSERT(result.at() >= WallTime{});
    std::vector<sqlite::StoredResult> again;
    VIGIA_ASSERT(sqlite::decode_results(sqlite::encode_results(results, kind), kind, again));
    VIGIA_ASSERT(again == results);
    VIGIA_ASSERT(whole || !bytes.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    check_rollup(bytes);
    check_results(bytes, sqlite::BlobOf::one_monitor);
    check_results(bytes, sqlite::BlobOf::many_monitors);
    return 0;
}
