#include "tests/support/postgres_server.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <stdexcept>

namespace vigia::test {

namespace {

constexpr const char* kPrograms = "/usr/lib/postgresql/15/bin/";

// A server that forgets everything when the machine crashes, and starts fast.
constexpr const char* kSettings = R"(
listen_addresses = '127.0.0.1'
unix_socket_directories = '{0}'
port = {1}
max_connections = {2}
superuser_reserved_connections = 1
fsync = off
full_page_writes = off
synchronous_commit = off
autovacuum = off
shared_buffers = 8MB
max_wal_senders = 0
log_destination = stderr
logging_collector = off
ssl = {3}
ssl_cert_file = '{0}/server.crt'
ssl_key_file = '{0}/server.key'
ssl_ca_file = '{0}/ca.crt'
)";

constexpr const char* kAccess = R"(
local all admin trust
local all all scram-sha-256
hostssl all cert_user 127.0.0.1/32 cert
host all cert_user 127.0.0.1/32 reject
hostnossl all tls_user 127.0.0.1/32 reject
host all gss_user 127.0.0.1/32 gss
host all md5_user 127.0.0.1/32 md5
host all clear_user 127.0.0.1/32 password
host all all 127.0.0.1/32 scram-sha-256
)";

using Connection = std::unique_ptr<PGconn, void (*)(PGconn*)>;

Connection connect(const std::string& directory, int port, const char* database) {
    const std::string number = std::to_string(port);
    const char* const keys[] = {"host", "port", "user", "dbname", nullptr};
    const char* const values[] = {directory.c_str(), number.c_str(), "admin", database, nullptr};
    return {::PQconnectdbParams(keys, values, 0), &::PQfinish};
}

std::string quoted(PGconn* connection, const char* text, bool name) {
    const std::string_view view(text);
    char* const result = name ? ::PQescapeIdentifier(connection, view.data(), view.size())
                              : ::PQescapeLiteral(connection, view.data(), view.size());
    std::string copy = result;
    ::PQfreemem(result);
    return copy;
}

}  // namespace

PostgresServer::PostgresServer(Options options)
    : options_(options),
      port_(free_port()),
      authority_(authority_spec("PostgreSQL test CA"), nullptr),
      client_(certificate_spec("cert_user", ""), &authority_),
      admin_(nullptr, &::PQfinish) {
    home_.run({std::string(kPrograms) + "initdb", "-N", "-D", home_.file("data"), "-U", "admin",
               "-A", "trust", "-E", "UTF8", "--locale=C"});
    configure();
    start();
    populate();
}

PostgresServer::~PostgresServer() = default;

PostgresServer& PostgresServer::plain() {
    // tidy: allow(global) a server of a second per test is for all the tests of a process
    static PostgresServer server{Options{}};
    return server;
}

PostgresServer& PostgresServer::secure() {
    // tidy: allow(global) as above
    static PostgresServer server{Options{.secure = true}};
    return server;
}

PostgresServer::Options PostgresServer::with_simple_names() {
    Options options;
    options.user = kTrickyUserForDrivers;
    return options;
}

PostgresServer& PostgresServer::simple() {
    // tidy: allow(global) as above
    static PostgresServer server{with_simple_names()};
    return server;
}

void PostgresServer::configure() {
    const Certificate leaf(loopback_spec(), &authority_);
    home_.write("server.crt", leaf.certificate_pem());
    home_.write("server.key", leaf.key_pem());
    home_.write("ca.crt", authority_.certificate_pem());
    home_.write("data/postgresql.conf",
                fmt::format(kSettings, home_.path().string(), port_, options_.max_connections,
                            options_.secure ? "on" : "off"));
    home_.write("data/pg_hba.conf", kAccess);
}

void PostgresServer::start() {
    process_.emplace(
        home_, "INT",
        std::vector<std::string>{std::string(kPrograms) + "postgres", "-D", home_.file("data")});
    wait_until_ready();
}

void PostgresServer::wait_until_ready() {
    const auto connected = [this] {
        admin_ = connect(socket_directory(), port_, home_database_);
        return ::PQstatus(admin_.get()) == CONNECTION_OK;
    };
    wait_for_server(*process_, connected);
    query("SET client_min_messages = warning");
}

void PostgresServer::start_recovering() {
    home_.write("data/standby.signal", "");
    process_.emplace(home_, "INT",
                     std::vector<std::string>{std::string(kPrograms) + "postgres", "-D",
                                              home_.file("data"), "-c", "hot_standby=off"});
    const auto refusing = [this] {
        const std::string number = std::to_string(port_);
        const std::string directory = socket_directory();
        const char* const keys[] = {"host", "port", "user", "dbname", nullptr};
        const char* const values[] = {directory.c_str(), number.c_str(), "admin", "postgres",
                                      nullptr};
        return ::PQpingParams(keys, values, 0) == PQPING_REJECT;
    };
    wait_for_server(*process_, refusing);
}

void PostgresServer::stop() {
    admin_.reset();
    process_.reset();
    std::filesystem::remove(home_.file("data/standby.signal"));
}

std::string PostgresServer::query(const std::string& sql) {
    const std::unique_ptr<PGresult, void (*)(PGresult*)> result(::PQexec(admin_.get(), sql.c_str()),
                                                                &::PQclear);
    const ExecStatusType status = ::PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        throw std::runtime_error(sql + ": " + ::PQresultErrorMessage(result.get()));
    }
    if (::PQntuples(result.get()) == 0 || ::PQnfields(result.get()) == 0) return {};
    return ::PQgetvalue(result.get(), 0, 0);
}

void PostgresServer::populate() {
    PGconn* const connection = admin_.get();
    const std::string user = quoted(connection, options_.user, true);
    const std::string password = quoted(connection, kPassword, false);
    const std::string database = quoted(connection, options_.database, true);
    query("CREATE DATABASE " + database);
    query("CREATE ROLE " + user + " LOGIN PASSWORD " + password);
    query("GRANT CREATE ON DATABASE " + database + " TO " + user);
    for (const char* const role : {"clear_user", "gss_user", "cert_user", "tls_user"}) {
        query(fmt::format("CREATE ROLE {} LOGIN PASSWORD {}", role, password));
    }
    query("CREATE ROLE lonely_user LOGIN CONNECTION LIMIT 0 PASSWORD " + password);
    query("SET password_encryption = md5");
    query("CREATE ROLE md5_user LOGIN PASSWORD " + password);
    query("CREATE DATABASE closed ALLOW_CONNECTIONS false");
    query("CREATE DATABASE forbidden");
    query("REVOKE CONNECT ON DATABASE forbidden FROM PUBLIC");
    home_database_ = options_.database;
    admin_ = connect(socket_directory(), port_, home_database_);
    query("SET client_min_messages = warning");
    query("GRANT CREATE ON SCHEMA public TO PUBLIC");
    query("CREATE TABLE secrets (secret text)");
}

DbTarget PostgresServer::target() const {
    DbTarget target;
    target.kind = DbKind::postgresql;
    target.host = "127.0.0.1";
    target.port = static_cast<std::uint16_t>(port_);
    target.database = options_.database;
    target.user = options_.user;
    target.password = Secret(kPassword);
    target.tls_mode = DbTlsMode::disable;
    return target;
}

void PostgresServer::present(const Certificate& certificate) {
    home_.write("server.crt", certificate.certificate_pem());
    home_.write("server.key", certificate.key_pem());
    query("SELECT pg_reload_conf()");
}

}  // namespace vigia::test
