// PgClient while it logs in: requests in pieces, and calculations that take their time.

#include "env/real/process.hpp"
#include "tests/contract/pg_world.hpp"
#include "tests/support/pg_messages.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>
#include <memory>
#include <vector>

namespace vigia::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
namespace asio = boost::asio;

constexpr std::uint32_t kSasl = 10;
constexpr std::uint32_t kSaslContinue = 11;
const std::string kMethods = "SCRAM-SHA-256\0\0"s;

/// Lets all others have their turn, many times.
asio::awaitable<void> step_aside() {
    constexpr int kTurns = 50;
    for (int i = 0; i < kTurns; ++i) co_await asio::post(asio::use_awaitable);
}

asio::awaitable<void> write_in_pieces(TcpPeer& peer, std::string bytes) {
    for (const char byte : bytes) {
        co_await peer.write(std::string(1, byte));
        co_await step_aside();
    }
}

/// The server's challenge to "…r=NONCE".
std::string challenge(const std::string& first, const std::string& rounds) {
    const std::string nonce = first.substr(first.find("r=") + 2);
    return pg_request(kSaslContinue, "r=" + nonce + "more,s=c2FsdHNhbHQ=,i=" + rounds);
}

struct Scram {
    std::string rounds;
    bool in_pieces = false;
    bool asked = false;   ///< the challenge was sent
    bool proved = false;  ///< the client has answered it
};

std::shared_ptr<Scram> make_scram(const std::string& rounds, bool in_pieces = false) {
    auto scram = std::make_shared<Scram>();
    scram->rounds = rounds;
    scram->in_pieces = in_pieces;
    return scram;
}

/// As far as the client's proof.
Script asking_for(std::shared_ptr<Scram> scram) {
    return [scram](TcpPeer& peer) -> asio::awaitable<void> {
        co_await read_pg_startup(peer);
        co_await peer.write(pg_request(kSasl, kMethods));
        const std::string first = co_await read_pg_message(peer);
        const std::string message = challenge(first, scram->rounds);
        scram->asked = true;
        if (scram->in_pieces) {
            co_await write_in_pieces(peer, message);
        } else {
            co_await peer.write(message);
        }
        const std::string proof = co_await read_pg_message(peer);
        scram->proved = proof.find("p=") != std::string::npos;
    };
}

TEST(PgLogin, ARequestIsUnderstoodInPieces) {
    struct Case {
        const char* what;
        std::string request;
        std::string expected;
    };
    const Case cases[] = {
        {"GSSAPI", pg_request(7), "login login_failed"},
        {"SSPI", pg_request(9), "login login_failed"},
        {"a method of the future", pg_request(99), "login login_failed"},
        {"no request", pg_message('R', "\xff\xff\xff\xff"), "login protocol_error"},
    };
    PgWorld world;
    for (const Case& one : cases) {
        DbTarget target = world.good();
        target.port = world.serve([request = one.request](TcpPeer& peer) -> asio::awaitable<void> {
            co_await read_pg_startup(peer);
            co_await write_in_pieces(peer, request);
            co_await peer.read_all();
        });
        EXPECT_EQ(brief(world.ask(target)), one.expected) << one.what;
    }
}

TEST(PgLogin, AChallengeIsMetOnlyWithinReason) {
    struct Case {
        std::string rounds;
        bool proved;
    };
    const Case cases[] = {{"1", true},        {"100000", true},   {"1000001", false},
                          {"+100001", false}, {" 100001", false}, {"99999999999999999999", false},
                          {"0", false},       {"", false}};
    PgWorld world;
    for (const bool in_pieces : {false, true}) {
        for (const Case& one : cases) {
            const auto scram = make_scram(one.rounds, in_pieces);
            DbTarget target = world.good();
            target.port = world.serve(asking_for(scram));
            const std::string expected =
                one.proved ? "login connection_closed" : "login protocol_error";
            EXPECT_EQ(brief(world.ask(target)), expected) << one.rounds;
            EXPECT_EQ(scram->proved, one.proved) << one.rounds;
        }
    }
}

TEST(PgLogin, WhoAsksTooOftenIsNotAnswered) {
    PgWorld world;
    for (const std::uint32_t method : {3U, 5U}) {  // in the clear, and MD5
        DbTarget target = world.good();
        target.port = world.serve([method](TcpPeer& peer) -> asio::awaitable<void> {
            co_await read_pg_startup(peer);
            std::string requests;
            for (int i = 0; i < 1000; ++i)
                requests += pg_request(method, method == 5 ? "salt" : "");
            co_await peer.write(requests);
            co_await peer.read_all();
        });
        EXPECT_EQ(brief(world.ask(target)), "login protocol_error") << method;
    }
}

asio::awaitable<void> count_turns(std::shared_ptr<const Scram> scram, int& turns) {
    while (!scram->proved) {
        co_await asio::post(asio::use_awaitable);
        if (scram->asked) ++turns;
    }
}

TEST(PgLogin, TheLoopGoesOnWhileAProofIsCalculated) {
    PgWorld world;
    const auto scram = make_scram("100000");
    DbTarget target = world.good();
    target.port = world.serve(asking_for(scram));
    int turns = 0;
    asio::co_spawn(world.io, count_turns(scram, turns), [](std::exception_ptr) {});
    EXPECT_EQ(brief(world.ask(target)), "login connection_closed");
    EXPECT_TRUE(scram->proved);
    EXPECT_GT(turns, 1000);
}

TEST(PgLogin, TheDeadlinePassesAndCancellationsCountWhileAProofIsCalculated) {
    PgWorld world;
    const auto scram = make_scram("100000");
    DbTarget target = world.good();
    target.port = world.serve(asking_for(scram));
    EXPECT_EQ(brief(world.ask(target, 20ms)), "login timeout");
    // They stand in line behind what was left to the thread: no fault of the server's.
    for (int i = 0; i < 3; ++i) EXPECT_EQ(brief(world.ask(target, 20ms)), "login own_lateness");
    DbRequest request;
    request.target = std::make_shared<const DbTarget>(target);
    request.deadline = world.now() + 20s;
    scram->asked = false;
    const DbAnswer answer =
        world.ask_cancelled_when(std::move(request), [scram] { return scram->asked; });
    EXPECT_EQ(brief(answer), "login internal");
    EXPECT_EQ(brief(world.ask(world.good())), "good");
}

TEST(PgLogin, ManyProveThemselvesAtOnce) {
    PgWorld world;
    std::vector<DbRequest> requests;
    for (int i = 0; i < 20; ++i) {
        requests.push_back({std::make_shared<const DbTarget>(world.good()), world.now() + 20s});
    }
    for (const DbAnswer& answer : world.ask_all(std::move(requests))) {
        EXPECT_EQ(brief(answer), "good");
    }
}

TEST(PgLogin, WithoutAUserIsThatOfTheProcess) {
    PgWorld world;
    DbTarget target = world.good();
    target.user.clear();
    const DbAnswer answer = world.ask(target);
    EXPECT_EQ(brief(answer), "login login_failed");
    EXPECT_NE(answer.failure->detail.find('"' + account_name() + '"'), std::string::npos)
        << answer.failure->detail;
}

TEST(PgLogin, IsTriedAgainWithoutTlsWhereThatOnlyIsPreferred) {
    PgWorld world;
    int connections = 0;
    DbTarget target = world.good();
    target.tls_mode = DbTlsMode::prefer;
    target.port = world.serve([&connections](TcpPeer& peer) -> asio::awaitable<void> {
        if (connections++ == 0) {
            co_await peer.read_exactly(8);
            co_await peer.write("S");
            co_await peer.read_exactly(5);
            co_await peer.write("no TLS at all");
            co_return;
        }
        co_await read_pg_startup(peer);
        co_await peer.write(pg_welcome());
        co_await read_pg_message(peer);
        co_await peer.write(pg_message('T', "\0\1a\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\0\0\0\0\0\0"s) +
                            pg_message('D', "\0\1\0\0\0\1y"s) + pg_message('C', "SELECT 1\0"s) +
                            pg_message('Z', "I"));
        co_await peer.read_all();
    });
    const DbAnswer answer = world.ask(target);
    EXPECT_EQ(brief(answer), "good") << answer.failure->detail;
    EXPECT_EQ(answer.result.value, "y");
    EXPECT_EQ(answer.tls_version, "");
    EXPECT_EQ(connections, 2);
}

}  // namespace
}  // namespace vigia::test
