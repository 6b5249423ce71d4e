#include "env/real/pg_requests.hpp"

#include <gtest/gtest.h>

namespace vigia {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

/// The codes of the requests in `bytes`.
std::vector<std::uint32_t> codes(PgRequests& requests, std::string_view bytes) {
    std::vector<std::uint32_t> result;
    for (const PgRequest& request : requests.take(bytes)) result.push_back(request.code);
    return result;
}

using Codes = std::vector<std::uint32_t>;

constexpr auto kOk = "R\0\0\0\x08\0\0\0\0"sv;
constexpr auto kPassword = "R\0\0\0\x08\0\0\0\x03"sv;

TEST(PgRequests, AreReadUntilTheServerSaysOk) {
    PgRequests requests;
    EXPECT_EQ(codes(requests, kPassword), Codes{3});
    EXPECT_FALSE(requests.over());
    EXPECT_EQ(codes(requests, std::string(kPassword).append(kOk).append(kPassword)), (Codes{3, 0}));
    EXPECT_TRUE(requests.over());
    EXPECT_EQ(codes(requests, kPassword), Codes{});
}

TEST(PgRequests, ArePutTogetherFromPieces) {
    const std::string bytes = "R\0\0\0\x0a\0\0\0\x0aSC"s.append(kPassword);
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        PgRequests requests;
        Codes found = codes(requests, bytes.substr(0, cut));
        const Codes rest = codes(requests, bytes.substr(cut));
        found.insert(found.end(), rest.begin(), rest.end());
        EXPECT_EQ(found, (Codes{10, 3})) << cut;
        EXPECT_FALSE(requests.over());
    }
}

TEST(PgRequests, EndWithWhatIsNone) {
    const std::string_view others[] = {
        "E\0\0\0\x08\0\0\0\0"sv,     "Rubbish!!"sv,
        "R\0\0\0\x07\0\0\0\x0a"sv,    // too short to be one
        "R\x7f\0\0\x17\0\0\0\x0a"sv,  // too long
        "R\0\0\0\x08\xff\0\0\x0a"sv,
    };
    for (const std::string_view other : others) {
        PgRequests requests;
        EXPECT_EQ(codes(requests, other), Codes{}) << other;
        EXPECT_TRUE(requests.over()) << other;
    }
}

TEST(PgRequests, TellTheRoundsThatAChallengeDemands) {
    const auto rounds = [](const std::string& text) {
        std::string message("R\0\0\0\0\0\0\0\x0b", 9);
        message[4] = static_cast<char>(8 + text.size());
        PgRequests requests;
        const std::vector<PgRequest> found = requests.take(message + text);
        EXPECT_EQ(found.size(), 1U);
        EXPECT_TRUE(found.at(0).is_challenge());
        return found.at(0).rounds;
    };
    EXPECT_EQ(rounds("r=abc,s=c2FsdA==,i=4096"), 4096U);
    EXPECT_EQ(rounds("r=abc,s=c2FsdA==,i=2147483647"), 2147483647U);
    EXPECT_EQ(rounds("r=abc,s=c2FsdA==,i=99999999999999999999999"), UINT64_MAX);
    EXPECT_EQ(rounds("r=abc,s=c2FsdA==,i=+99999"), 0U);
    EXPECT_EQ(rounds("r=abc,s=c2FsdA==,i= 99999"), 0U);
    EXPECT_EQ(rounds("r=abc,s=c2FsdA=="), 0U);
}

TEST(PgRequests, KnowTheMethodsThatWaitForOthers) {
    for (const std::uint32_t code : {1U, 2U, 6U, 7U, 8U, 9U}) {
        EXPECT_TRUE((PgRequest{code, 0}.is_foreign())) << code;
    }
    for (const std::uint32_t code : {0U, 3U, 5U, 10U, 11U, 12U, 99U}) {
        EXPECT_FALSE((PgRequest{code, 0}.is_foreign())) << code;
    }
}

}  // namespace
}  // namespace vigia
