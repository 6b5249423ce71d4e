// Whatever a PostgreSQL server, or a server that is none, sends to who logs in: the requests are
// those that a reader of its own finds with all of it at hand, however it is cut; they are counted,
// and nothing follows the last. First the sizes of the pieces, up to a NUL; the rest is what comes.

#include "base/assert.hpp"
#include "env/real/pg_requests.hpp"
#include "tests/support/fuzz_input.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace {

using namespace vigia;

struct Reading {
    std::vector<PgRequest> requests;
    bool over = false;
};

/// The digits behind ",i=", one by one.
std::uint64_t rounds_in(std::string_view challenge) {
    std::uint64_t rounds = 0;
    const std::size_t key = challenge.find(",i=");
    if (key == std::string_view::npos) return 0;
    for (const char c : challenge.substr(key + 3)) {
        if (c < '0' || c > '9') break;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (rounds > (UINT64_MAX - digit) / 10) return UINT64_MAX;
        rounds = rounds * 10 + digit;
    }
    return rounds;
}

Reading read_requests(std::string_view stream) {
    Reading reading;
    const auto number = [&stream](std::size_t at) {
        std::uint64_t value = 0;
        for (std::size_t i = at; i < at + 4; ++i) {
            value = value * 256 + static_cast<unsigned char>(stream[i]);
        }
        return value;
    };
    while (!stream.empty()) {
        reading.over = stream.front() != 'R';
        if (reading.over || stream.size() < 9) break;
        const std::uint64_t length = number(1);
        reading.over = length < 8 || length > 2000;
        if (reading.over || stream.size() <= length) break;
        const std::uint64_t code = number(5);
        reading.over = code >= 1000;
        if (reading.over) break;
        const std::string_view text = stream.substr(9, length - 8);
        const std::uint64_t rounds = code == PgRequest::kChallenge ? rounds_in(text) : 0;
        reading.requests.push_back({static_cast<std::uint32_t>(code), rounds});
        stream.remove_prefix(length + 1);
        reading.over = code == PgRequest::kOk;
        if (reading.over) break;
    }
    return reading;
}

void check(std::string_view stream, std::string_view cuts, const Reading& reading) {
    PgRequests requests;
    std::vector<PgRequest> found;
    for (const test::FuzzPiece& piece : test::pieces_of(stream, cuts)) {
        const bool over = requests.over();
        const auto more = requests.take(std::string_view(piece.data(), piece.size()));
        VIGIA_ASSERT(!over || (more.empty() && requests.over()));
        found.insert(found.end(), more.begin(), more.end());
        VIGIA_ASSERT(requests.count() == found.size());
    }
    VIGIA_ASSERT(requests.over() == reading.over);
    VIGIA_ASSERT(found.size() == reading.requests.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        VIGIA_ASSERT(found[i].code == reading.requests[i].code);
        VIGIA_ASSERT(found[i].rounds == reading.requests[i].rounds);
        VIGIA_ASSERT(found[i].is_challenge() || found[i].rounds == 0);
        VIGIA_ASSERT(found[i].wants_answer() || !found[i].is_foreign());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    test::FuzzInput input(bytes, size);
    const std::string_view cuts = input.field();
    const Reading reading = read_requests(input.rest());
    check(input.rest(), {}, reading);
    check(input.rest(), cuts, reading);
    return 0;
}
