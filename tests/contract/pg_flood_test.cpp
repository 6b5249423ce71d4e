// PgClient against servers that say too much, and what it keeps of that.

#include "tests/contract/pg_world.hpp"
#include "tests/support/pg_messages.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <memory>
#include <utility>

namespace vigia::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
namespace asio = boost::asio;

constexpr std::size_t kMiB = std::size_t{1024} * 1024;
constexpr std::uint32_t kGigabyte = 1'000'000'000;

/// The most memory that this process has held since the last forget_peak(), in bytes.
std::size_t peak_memory() {
    std::ifstream status("/proc/self/status");
    std::string word;
    while (status >> word && word != "VmHWM:") continue;
    std::size_t kib = 0;
    status >> kib;
    return kib * 1024;
}

void forget_peak() {
    std::ofstream("/proc/self/clear_refs") << '5';
}

/// Sanitizers have memory of their own for all that is reserved, used or not.
constexpr bool counts_memory() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return false;
#else
    return true;
#endif
}

/// A row of `bytes` is asked of a real server.
void expect_a_large_row_is_told(PostgresServer& server, DbTlsMode mode) {
    PgWorld world(server);
    DbTarget target = world.good();
    target.tls_mode = mode;
    EXPECT_EQ(brief(world.ask(target)), "good");  // all that is loaded once is loaded
    forget_peak();
    const std::size_t before = peak_memory();
    target.query = "SELECT repeat('x', 100000000)";
    EXPECT_EQ(brief(world.ask(target)), "query query_failed");
    if (counts_memory()) EXPECT_LT(peak_memory() - before, 16 * kMiB);

    target.query = "SELECT n, repeat('x', n * 100000000) FROM generate_series(0, 1) AS n";
    const DbAnswer second = world.ask(target);
    EXPECT_EQ(brief(second), "good");
    EXPECT_EQ(second.result.value, "0");
    EXPECT_TRUE(second.result.capped);

    target.query = "SELECT repeat('x', 1900000)";
    EXPECT_EQ(brief(world.ask(target)), "good");
    EXPECT_TRUE(world.within(5s, [&world] { return world.connections() == 0; }));
}

TEST(PgFlood, ALargeRowIsToldAndNotRead) {
    expect_a_large_row_is_told(PostgresServer::plain(), DbTlsMode::disable);
}

TEST(PgFlood, ALargeRowIsToldAndNotReadOverTls) {
    expect_a_large_row_is_told(PostgresServer::secure(), DbTlsMode::require);
}

/// When a flood comes, in terms of what was said before.
enum class When : std::uint8_t { at_once, after_login, after_query };

/// `first`, then `more` for as long as anybody takes it; counts that.
Script flooding(When when, std::string first, std::string more,
                std::shared_ptr<std::size_t> taken) {
    return [when, first, more, taken](TcpPeer& peer) -> asio::awaitable<void> {
        co_await read_pg_startup(peer);
        if (when == When::after_login) co_await peer.write(pg_request(0));
        if (when == When::after_query) {
            co_await peer.write(pg_welcome());
            co_await read_pg_message(peer);
        }
        co_await peer.write(first);
        for (bool more_taken = true; more_taken; *taken += more.size()) {
            more_taken = co_await peer.write(more);
        }
    };
}

std::string many(std::string_view text) {
    std::string result;
    while (result.size() < 64 * 1024) result += text;
    return result;
}

TEST(PgFlood, AnswersWithoutEndAreCutOff) {
    struct Case {
        const char* what;
        When when;
        std::string first;
        std::string more;
        std::string expected;
    };
    const std::string columns =
        pg_message('T', "\0\1one\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\0\0\0\0\0\0"sv);
    const std::string row =
        columns + std::string(pg_head('D', kGigabyte)).append("\0\1\x3b\x9a\xc9\xfa"sv);
    const Case cases[] = {
        {"an error of the age before lengths", When::at_once, "E", many("no "),
         "login protocol_error"},
        {"an error before the login", When::at_once, pg_head('E', 29'000), many("no "),
         "login protocol_error"},
        {"an error", When::after_login, pg_head('E', kGigabyte), many("no "),
         "login protocol_error"},
        {"a notice", When::after_login, pg_head('N', kGigabyte), many("hear "),
         "login protocol_error"},
        {"notices", When::after_login, "", many(pg_message('N', "\0"sv)), "login protocol_error"},
        {"settings", When::after_login, "", many(pg_message('S', "a\0b\0"sv)),
         "login protocol_error"},
        {"a row", When::after_query, row, many("x"), "query query_failed"},
        {"names of columns", When::after_query, pg_head('T', kGigabyte), many("x"),
         "query query_failed"},
        {"a notice after the login", When::after_query, pg_head('N', kGigabyte), many("hear "),
         "query query_failed"},
        {"notifications", When::after_query, "", many(pg_message('A', "\0\0\0\1c\0p\0"sv)),
         "query query_failed"},
        {"settings after the login", When::after_query, "", many(pg_message('S', "a\0b\0"sv)),
         "query query_failed"},
    };
    PgWorld world;
    for (const Case& one : cases) {
        const auto taken = std::make_shared<std::size_t>(0);
        DbTarget target = world.good();
        target.port = world.serve(flooding(one.when, one.first, one.more, taken));
        const DbAnswer answer = world.ask(target);
        EXPECT_EQ(brief(answer), one.expected)
            << one.what << ": " << (answer.failure ? answer.failure->detail : "");
        EXPECT_TRUE(world.within(5s, [&] { return *taken > 0; })) << one.what;
        EXPECT_LT(*taken, 16 * kMiB) << one.what;  // of which most are the system's
    }
}

}  // namespace
}  // namespace vigia::test
