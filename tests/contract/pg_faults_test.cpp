// PgClient against servers that misbehave, phase by phase.

#include "tests/contract/pg_world.hpp"
#include "tests/support/db_gate.hpp"
#include "tests/support/fault_table.hpp"
#include "tests/support/without_descriptors.hpp"

#include <gtest/gtest.h>

namespace vigia::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using Kind = PgFault::Kind;

constexpr Duration kShort = 300ms;
constexpr const char* kName = "PostgreSQL";

/// "row: hang": what the server does in place of a message.
std::string name_of(const PgFault& fault) {
    const auto message = [&]() -> std::string {
        switch (fault.before) {
            case 'R':
                return "authentication";
            case 'K':
                return "end of the login";
            case 'T':
                return "column names";
            case 'D':
                return "row";
            case 'C':
                return "end of the rows";
            default:
                return "readiness";
        }
    };
    return name_of_fault(message(), fault.kind);
}

/// The start of a TLS conversation, then `answer`, then silence, or the end if `ends`.
Script answering(std::string answer, bool ends) {
    return [answer, ends](TcpPeer& peer) -> asio::awaitable<void> {
        constexpr std::size_t kSslRequest = 8;
        co_await peer.read_exactly(kSslRequest);
        co_await peer.write(answer);
        if (!ends) co_await peer.read_all();
    };
}

/// TLS is agreed on; then `answer` to the first bytes of the handshake, and the end or silence.
Script shaking_hands(std::string answer, bool ends) {
    return [answer, ends](TcpPeer& peer) -> asio::awaitable<void> {
        constexpr std::size_t kSslRequest = 8;
        constexpr std::size_t kRecordHeader = 5;
        co_await peer.read_exactly(kSslRequest);
        co_await peer.write("S");
        co_await peer.read_exactly(kRecordHeader);
        co_await peer.write(answer);
        if (!ends) co_await peer.read_all();
    };
}

/// An ErrorResponse.
std::string error_message(const std::string& sqlstate, const std::string& text) {
    const std::string zero(1, '\0');
    const std::string fields =
        "SFATAL" + zero + "VFATAL" + zero + "C" + sqlstate + zero + "M" + text + zero + zero;
    const std::size_t length = fields.size() + 4;
    std::string message = "E";
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        message += static_cast<char>(length >> shift & 0xffU);
    }
    return message + fields;
}

TEST(PgFaults, OfAConversationAreToldByPhase) {
    struct Case {
        PgFault fault;
        std::string expected;
    };
    const Case cases[] = {
        {{'R', Kind::hang}, "login timeout"},
        {{'R', Kind::reset}, "login connection_reset"},
        {{'R', Kind::close}, "login connection_closed"},
        {{'R', Kind::garbage}, "login protocol_error"},
        {{'R', Kind::halve}, "login connection_closed"},
        {{'K', Kind::hang}, "login timeout"},
        {{'K', Kind::reset}, "login connection_reset"},
        {{'K', Kind::close}, "login connection_closed"},
        {{'K', Kind::garbage}, "login protocol_error"},
        {{'K', Kind::halve}, "login connection_closed"},
        {{'T', Kind::hang}, "query timeout"},
        {{'T', Kind::reset}, "query connection_reset"},
        {{'T', Kind::close}, "query connection_closed"},
        {{'T', Kind::garbage}, "query protocol_error"},
        {{'T', Kind::halve}, "query connection_closed"},
        {{'D', Kind::hang}, "query timeout"},
        {{'D', Kind::reset}, "query connection_reset"},
        {{'D', Kind::close}, "query connection_closed"},
        {{'D', Kind::halve}, "query connection_closed"},
        {{'D', Kind::garbage}, "query protocol_error"},
        {{'C', Kind::hang}, "query timeout"},
        {{'C', Kind::reset}, "query connection_reset"},
        {{'C', Kind::close}, "query connection_closed"},
        {{'C', Kind::garbage}, "query protocol_error"},
        {{'C', Kind::halve}, "query connection_closed"},
        {{'Z', Kind::hang}, "login timeout"},
        {{'Z', Kind::reset}, "login connection_reset"},
        {{'Z', Kind::close}, "login connection_closed"},
        {{'Z', Kind::garbage}, "login protocol_error"},
        {{'Z', Kind::halve}, "login connection_closed"},
    };
    PgWorld world;
    for (const Case& one : cases) {
        const PgGate gate(world.io, world.good().port, one.fault);
        DbTarget target = world.good();
        target.port = gate.port();
        const DbAnswer answer = world.ask(target, kShort);
        EXPECT_EQ(brief(answer), one.expected)
            << one.fault.before << " " << static_cast<int>(one.fault.kind);
        expect_documented(kName, name_of(one.fault), brief(answer));
    }
}

TEST(PgFaults, BetweenTheStatementsOfAQueryAreTold) {
    struct Case {
        PgFault fault;
        std::string expected;
    };
    const Case cases[] = {
        {{'C', Kind::hang}, "query timeout"},  // BEGIN
        {{'C', Kind::reset}, "query connection_reset"},
        {{'1', Kind::hang}, "query timeout"},  // the query was understood
        {{'1', Kind::close}, "query connection_closed"},
        {{'1', Kind::garbage}, "query protocol_error"},
    };
    PgWorld world;
    for (const Case& one : cases) {
        const PgGate gate(world.io, world.good().port, one.fault);
        DbTarget target = world.good();
        target.query = "SELECT 2";
        target.port = gate.port();
        EXPECT_EQ(brief(world.ask(target, kShort)), one.expected) << one.fault.before;
    }
}

TEST(PgFaults, BeforeTheLoginAreTold) {
    struct Case {
        const char* what;
        DbTlsMode mode;
        Script script;
        std::string expected;
    };
    const auto silence = [](TcpPeer& peer) -> asio::awaitable<void> { co_await peer.read_all(); };
    const auto reset = [](TcpPeer& peer) -> asio::awaitable<void> {
        co_await peer.read_exactly(8);
        peer.reset();
    };
    const Case cases[] = {
        {"silence", DbTlsMode::disable, silence, "login timeout"},
        {"silence, TLS", DbTlsMode::prefer, silence, "tls timeout"},
        {"reset", DbTlsMode::disable, reset, "login connection_reset"},
        {"reset, TLS", DbTlsMode::require, reset, "tls connection_reset"},
        {"end, TLS", DbTlsMode::require, answering("", true), "tls connection_closed"},
        {"another protocol", DbTlsMode::disable, answering("SSH-2.0-OpenSSH_9.2\r\n", false),
         "login protocol_error"},
        {"another protocol, TLS", DbTlsMode::require, answering("HTTP/1.1 400 Bad\r\n", false),
         "tls protocol_error"},
        {"no TLS", DbTlsMode::require, answering("N", false), "tls tls_not_offered"},
        {"no TLS, end", DbTlsMode::verify_full, answering("N", true), "tls tls_not_offered"},
        {"no TLS, silence", DbTlsMode::prefer, answering("N", false), "login timeout"},
        {"an error before TLS", DbTlsMode::require, answering("E", false), "tls server_not_ready"},
        {"bytes slipped in before TLS", DbTlsMode::require, answering("Sinjected", false),
         "tls timeout"},
        {"garbage in TLS", DbTlsMode::require, shaking_hands("garbage, garbage", false),
         "tls tls_failure"},
        {"silence in TLS", DbTlsMode::require, answering("S", false), "tls timeout"},
        {"an alert", DbTlsMode::require,
         shaking_hands(std::string("\x15\x03\x03\0\x02\x02\x28", 7), true), "tls tls_failure"},
        {"end in TLS", DbTlsMode::require, shaking_hands("", true), "tls connection_closed"},
        {"Kerberos", DbTlsMode::disable, answering(std::string("R\0\0\0\x08\0\0\0\x07", 9), false),
         "login login_failed"},
        {"a method of the future", DbTlsMode::disable,
         answering(std::string("R\0\0\0\x08\0\0\0\x63", 9), false), "login login_failed"},
        {"starting up", DbTlsMode::disable, answering(error_message("57P03", "wait"), true),
         "login server_not_ready"},
        {"too many", DbTlsMode::disable, answering(error_message("53300", "sorry"), true),
         "login too_many_connections"},
        {"an endless error", DbTlsMode::disable,
         answering(error_message("XX000", std::string(20'000, 'x') + "\n\x1b[31m"), true),
         "login query_failed"},
    };
    PgWorld world;
    for (const Case& one : cases) {
        DbTarget target = world.good();
        target.port = world.serve(one.script);
        target.tls_mode = one.mode;
        const DbAnswer answer = world.ask(target, kShort);
        EXPECT_EQ(brief(answer), one.expected)
            << one.what << ": " << (answer.failure ? answer.failure->detail : "");
        expect_documented(kName, one.what, brief(answer));
        if (!answer.failure) continue;
        EXPECT_LE(answer.failure->detail.size(), kMaxServerText) << one.what;
        EXPECT_EQ(answer.failure->detail.find('\n'), std::string::npos) << one.what;
    }
}

TEST(PgFaults, OfTheServersMakingAreTold) {
    struct Case {
        const char* what;
        const char* user;
        const char* database;
        const char* password;
        std::string expected;
        std::string sqlstate;
    };
    const char* const good = PostgresServer::kPassword;
    const char* const database = PostgresServer::kDatabase;
    const Case cases[] = {
        {"SCRAM login", PostgresServer::kUser, database, good, "good", ""},
        {"MD5 login", "md5_user", database, good, "good", ""},
        {"clear-text login", "clear_user", database, good, "good", ""},
        {"wrong password", PostgresServer::kUser, database, "wrong", "login login_failed",
         "28P01: "},
        {"wrong password, MD5", "md5_user", database, "wrong", "login login_failed", "28P01: "},
        {"no password", PostgresServer::kUser, database, "", "login login_failed", ""},
        {"no such user", "absent", database, good, "login login_failed", "28P01: "},
        {"a user who needs a certificate", "cert_user", database, good, "login login_failed",
         "28000: "},
        {"a user who needs Kerberos", "gss_user", database, good, "login login_failed", ""},
        {"no such database", PostgresServer::kUser, "absent", good, "login no_such_database",
         "3D000: "},
        {"a database that is closed", PostgresServer::kUser, "closed", good,
         "login server_not_ready", "55000: "},
        {"no permission for the database", PostgresServer::kUser, "forbidden", good,
         "login permission_denied", "42501: "},
        {"connection limit of the user", "lonely_user", database, good,
         "login too_many_connections", "53300: "},
    };
    PgWorld world;
    for (const Case& one : cases) {
        DbTarget target = world.good();
        target.user = one.user;
        target.database = one.database;
        target.password = Secret(one.password);
        const DbAnswer answer = world.ask(target);
        EXPECT_EQ(brief(answer), one.expected) << one.user << " at " << one.database;
        expect_documented(kName, one.what, brief(answer));
        const std::string detail = answer.failure ? answer.failure->detail : "";
        EXPECT_TRUE(detail.starts_with(one.sqlstate)) << detail;
        EXPECT_EQ(detail.find("canary"), std::string::npos) << detail;
    }
}

TEST(PgFaults, OfAServerThatComesAndGoesAreTold) {
    PostgresServer server(PostgresServer::Options{.max_connections = 2});
    PgWorld world(server);
    EXPECT_EQ(brief(world.ask(world.good())), "login too_many_connections");
    expect_documented(kName, "max_connections reached", "login too_many_connections");
    server.stop();
    DbTarget socket = world.good();
    socket.host = server.socket_directory();
    EXPECT_EQ(brief(world.ask(socket)), "connect connection_refused");
    server.start_recovering();
    const DbAnswer recovering = world.ask(world.good());
    EXPECT_EQ(brief(recovering), "login server_not_ready");
    expect_documented(kName, "not ready", brief(recovering));
    EXPECT_TRUE(recovering.failure->detail.starts_with("57P03: ")) << recovering.failure->detail;
}

TEST(PgFaults, AServerThatShutsDownDuringAQueryIsNotReady) {
    PgWorld world;
    DbTarget target = world.good();
    target.query = world.sql(DbQuestion::sleeps);
    DbRequest request;
    request.target = std::make_shared<const DbTarget>(target);
    request.deadline = world.now() + 20s;
    const DbAnswer answer = world.ask_cancelled_when(std::move(request), [&world] {
        if (world.running() == 1) {
            world.server().query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()");
        }
        return false;
    });
    EXPECT_EQ(brief(answer), "query server_not_ready");
    EXPECT_TRUE(answer.failure->detail.starts_with("57P01: ")) << answer.failure->detail;
}

TEST(PgFaults, NoQueryGetsOutOfItsTransaction) {
    struct Case {
        const char* query;
        std::string expected;
    };
    const Case cases[] = {
        {"CREATE TABLE written (n int)", "query query_not_reading"},
        {"INSERT INTO readable VALUES (1)", "query query_not_reading"},
        {"SELECT 1; SELECT 2", "query query_not_reading"},
        {"WITH x AS (INSERT INTO readable VALUES (1) RETURNING 1) SELECT * FROM x",
         "query query_not_reading"},
        {"DO $$ BEGIN COMMIT; CREATE TABLE written (n int); END $$", "query query_failed"},
        {"SELECT set_config('transaction_read_only', 'off', false), maker()", "query query_failed"},
        {"SELECT maker()", "query query_not_reading"},
        {"VACUUM", "query query_failed"},
        {"COPY readable TO STDOUT", "query query_failed"},
        {"COPY readable FROM STDIN", "query query_not_reading"},
        {"SELECT 1 / 0", "query query_failed"},
        {"COMMIT", "query query_not_reading"},  // of nothing
        {"SET search_path TO absent", "query query_not_reading"},
        {"-- nothing", "query query_not_reading"},
        {"SHOW server_version", "good"},
        {"SELECT 1 -- ; and a comment", "good"},
    };
    PgWorld world;
    world.server().query("CREATE TABLE IF NOT EXISTS readable (n int)");
    world.server().query("GRANT ALL ON readable TO PUBLIC");
    world.server().query(
        "CREATE OR REPLACE FUNCTION maker() RETURNS int LANGUAGE plpgsql AS "
        "$$ BEGIN CREATE TABLE written (n int); RETURN 1; END $$");
    for (const Case& one : cases) {
        DbTarget target = world.good();
        target.query = one.query;
        const DbAnswer answer = world.ask(target);
        EXPECT_EQ(brief(answer), one.expected)
            << one.query << ": " << (answer.failure ? answer.failure->detail : "");
    }
    EXPECT_FALSE(world.written());
    EXPECT_EQ(world.server().query("SELECT count(*) FROM readable"), "0");
}

TEST(PgFaults, NoDescriptorsIsOurOwnFaultAtEveryStep) {
    PgWorld world;
    EXPECT_EQ(brief(world.ask(world.good())), "good");  // all that is opened once is open
    for (const unsigned spare : {0U, 1U, 2U, 3U}) {
        const DbAnswer answer = without_descriptors([&] { return world.ask(world.good()); }, spare);
        EXPECT_EQ(brief(answer), "connect no_descriptors") << spare;
    }
    EXPECT_EQ(brief(world.ask(world.good())), "good");
}

}  // namespace
}  // namespace vigia::test
