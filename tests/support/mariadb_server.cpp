#include "tests/support/mariadb_server.hpp"

#include <array>
#include <cstring>
#include <fmt/format.h>
#include <mysql.h>
#include <stdexcept>
#include <string_view>

namespace vigia::test {

namespace {

// A server that forgets everything when the machine crashes, and starts fast.
constexpr const char* kSettings = R"(
[mariadbd]
datadir = {0}/data
socket = {0}/socket
pid-file = {0}/pid
tmpdir = {0}
bind-address = 127.0.0.1
port = {1}
max-connections = {2}
skip-name-resolve
skip-log-bin
character-set-server = utf8mb4
performance-schema = OFF
innodb-buffer-pool-size = 8M
innodb-log-file-size = 4M
innodb-flush-log-at-trx-commit = 0
innodb-flush-method = nosync
innodb-fast-shutdown = 2
key-buffer-size = 64K
aria-pagecache-buffer-size = 1M
table-open-cache = 64
thread-cache-size = 16
max-allowed-packet = 1G
{3}
)";

constexpr const char* kTlsSettings = R"(
ssl-ca = {0}/ca.pem
ssl-cert = {0}/server.pem
ssl-key = {0}/server-key.pem
)";

std::string quoted_name(std::string_view name) {
    std::string quoted = "`";
    for (const char c : name) quoted += c == '`' ? std::string("``") : std::string(1, c);
    return quoted + "`";
}

/// The name as GRANT wants it: a pattern.
std::string quoted_pattern(std::string_view name) {
    std::string pattern;
    for (const char c : name) {
        if (c == '\\' || c == '_' || c == '%') pattern += '\\';
        pattern += c;
    }
    return quoted_name(pattern);
}

std::string quoted_text(MYSQL* connection, const char* text) {
    std::array<char, 1024> room{};
    ::mysql_real_escape_string(connection, room.data(), text, std::strlen(text));
    return "'" + std::string(room.data()) + "'";
}

}  // namespace

MariadbServer::MariadbServer(Options options)
    : options_(options),
      port_(free_port()),
      authority_(authority_spec("MariaDB test CA"), nullptr),
      client_(certificate_spec("cert_user", ""), &authority_),
      admin_(nullptr, &::mysql_close) {
    home_.run({"mariadb-install-db", "--no-defaults", "--skip-name-resolve", "--skip-test-db",
               "--auth-root-authentication-method=normal", "--datadir=" + home_.file("data"),
               "--innodb-log-file-size=4M", "--innodb-buffer-pool-size=8M",
               "--innodb-flush-method=nosync", "--tmpdir=" + home_.path().string()});
    configure();
    start();
    populate();
}

MariadbServer::~MariadbServer() = default;

MariadbServer& MariadbServer::plain() {
    // tidy: allow(global) a server takes seconds to start: one for the whole run
    static MariadbServer server{Options{}};
    return server;
}

MariadbServer& MariadbServer::secure() {
    // tidy: allow(global) see plain()
    static MariadbServer server{Options{.secure = true}};
    return server;
}

void MariadbServer::write_certificate(const Certificate& certificate) {
    home_.write("server.pem", certificate.certificate_pem());
    home_.write("server-key.pem", certificate.key_pem());
}

void MariadbServer::configure() {
    write_certificate(Certificate(loopback_spec(), &authority_));
    home_.write("ca.pem", authority_.certificate_pem());
    const std::string home = home_.path().string();
    const std::string tls = options_.secure ? fmt::format(kTlsSettings, home) : std::string();
    home_.write("settings", fmt::format(kSettings, home, port_, options_.max_connections, tls));
}

void MariadbServer::start() {
    process_.emplace(
        home_, "TERM",
        std::vector<std::string>{"mariadbd", "--defaults-file=" + home_.file("settings")});
    wait_for_server(*process_, [this] { return connect(); });
}

bool MariadbServer::connect() {
    admin_.reset(::mysql_init(nullptr));
    return ::mysql_real_connect(admin_.get(), "localhost", "root", "", "mysql", 0, socket().c_str(),
                                0) != nullptr;
}

void MariadbServer::stop() {
    admin_.reset();
    process_.reset();
}

std::string MariadbServer::query(const std::string& sql) {
    MYSQL* const connection = admin_.get();
    if (::mysql_real_query(connection, sql.data(), sql.size()) != 0) {
        throw std::runtime_error(sql + ": " + ::mysql_error(connection));
    }
    const std::unique_ptr<MYSQL_RES, void (*)(MYSQL_RES*)> result(::mysql_store_result(connection),
                                                                  &::mysql_free_result);
    const MYSQL_ROW row = result ? ::mysql_fetch_row(result.get()) : nullptr;
    return row == nullptr || row[0] == nullptr ? std::string() : std::string(row[0]);
}

void MariadbServer::populate() {
    MYSQL* const connection = admin_.get();
    query("SET NAMES utf8mb4");
    const std::string user = quoted_text(connection, kUser) + "@'%'";
    const std::string by = " IDENTIFIED BY " + quoted_text(connection, kPassword);
    const std::string database = quoted_name(kDatabase);
    const std::string granted = quoted_pattern(kDatabase) + ".*";
    query("CREATE DATABASE " + database);
    query("CREATE DATABASE forbidden");
    query("CREATE TABLE forbidden.secrets (secret TEXT)");
    query("CREATE USER " + user + by);
    query("GRANT SELECT, CREATE, DROP, INSERT, CREATE ROUTINE, EXECUTE ON " + granted + " TO " +
          user);
    query("GRANT SELECT ON absent.* TO " + user);  // or it would not be told that there is none
    query("CREATE USER lonely_user" + by + " WITH MAX_USER_CONNECTIONS -1");
    query("CREATE USER tls_user" + by + " REQUIRE SSL");
    query("CREATE USER cert_user" + by + " REQUIRE SUBJECT '/CN=cert_user'");
    for (const char* const name : {"lonely_user", "tls_user", "cert_user"}) {
        query(fmt::format("GRANT EXECUTE ON {} TO {}", granted, name));
    }
}

DbTarget MariadbServer::target() const {
    DbTarget target;
    target.kind = DbKind::mariadb;
    target.host = "127.0.0.1";
    target.port = static_cast<std::uint16_t>(port_);
    target.database = kDatabase;
    target.user = kUser;
    target.password = Secret(kPassword);
    target.tls_mode = DbTlsMode::disable;
    return target;
}

void MariadbServer::present(const Certificate& certificate) {
    write_certificate(certificate);
    query("FLUSH SSL");
}

}  // namespace vigia::test
