#pragma once

#include "core/database.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/tricky_names.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

struct pg_conn;

namespace vigia::test {

/// A PostgreSQL server of Debian's on a free port of 127.0.0.1 and on a Unix socket, in a
/// directory of its own, with a database and users whose names and passwords hold what trips up
/// whoever concatenates:
///   kUser        scram; may create tables, and may not read `secrets`
///   md5_user, clear_user   the same password, in the ways of old
///   lonely_user  no connection at all
///   gss_user     is asked for Kerberos
///   cert_user    a client certificate of that name, over TLS (secure servers)
///   tls_user     over TLS only (secure servers)
class PostgresServer {
public:
    static constexpr const char* kUser = kTrickyUser;
    static constexpr const char* kPassword = kTrickyPassword;
    static constexpr const char* kDatabase = kTrickyDatabase;

    struct Options {
        bool secure = false;
        int max_connections = 100;  ///< one is the administrator's
        const char* user = kUser;
        const char* database = kDatabase;
    };

    explicit PostgresServer(Options options);
    ~PostgresServer();
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;

    /// Started at the first call, and stopped at the end of the process.
    static PostgresServer& plain();
    static PostgresServer& secure();

    /// For clients that cannot be told all names.
    static Options with_simple_names();
    static PostgresServer& simple();

    /// The user with kPassword at the database, over TCP, TLS disabled.
    DbTarget target() const;
    std::string socket_directory() const { return home_.path().string(); }

    /// What an administrator is told, blocking: the first value of the answer, as text.
    std::string query(const std::string& sql);

    void stop();
    void start();
    /// After stop(): it comes back as a standby that nobody may read, which is what a server in
    /// recovery says of itself.
    void start_recovering();

    /// Of secure servers: who signed the server's certificate, which is for localhost and
    /// 127.0.0.1, and cert_user's.
    const Certificate& authority() const { return authority_; }
    const Certificate& client_certificate() const { return client_; }
    /// Presents another certificate from now on.
    void present(const Certificate& certificate);

private:
    void configure();
    void populate();
    void wait_until_ready();

    Options options_;
    ServerHome home_;
    int port_;
    Certificate authority_;
    Certificate client_;
    const char* home_database_ = "postgres";  // the administrator's
    std::optional<ServerProcess> process_;
    std::unique_ptr<pg_conn, void (*)(pg_conn*)> admin_;
};

}  // namespace vigia::test
