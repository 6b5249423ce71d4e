#pragma once

#include "core/database.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/tricky_names.hpp"

#include <memory>
#include <optional>
#include <string>

struct st_mysql;

namespace vigia::test {

/// A MariaDB server of Debian's on a free port of 127.0.0.1 and on a Unix socket, in a directory
/// of its own, with a database and users whose names and passwords hold what trips up whoever
/// concatenates:
///   kUser        may do everything with its database
///   lonely_user  no connection at all
///   cert_user    a client certificate, over TLS (secure servers)
///   tls_user     over TLS only (secure servers)
/// Besides: the database `forbidden` with the table `secrets`, for the administrator only.
class MariadbServer {
public:
    static constexpr const char* kUser = kTrickyUser;
    static constexpr const char* kPassword = kTrickyPassword;
    static constexpr const char* kDatabase = kTrickyDatabase;

    struct Options {
        bool secure = false;
        int max_connections = 100;  ///< besides one of the administrator's
    };

    explicit MariadbServer(Options options);
    ~MariadbServer();
    MariadbServer(const MariadbServer&) = delete;
    MariadbServer& operator=(const MariadbServer&) = delete;

    /// Started at the first call, and stopped at the end of the process.
    static MariadbServer& plain();
    static MariadbServer& secure();

    /// kUser with kPassword at kDatabase, over TCP, TLS disabled.
    DbTarget target() const;
    std::string socket() const { return home_.file("socket"); }

    /// What an administrator is told, blocking: the first value of the answer, as text.
    std::string query(const std::string& sql);

    void stop();
    void start();

    /// Of secure servers: who signed the server's certificate, which is for localhost and
    /// 127.0.0.1, and cert_user's.
    const Certificate& authority() const { return authority_; }
    const Certificate& client_certificate() const { return client_; }
    /// Presents another certificate from now on.
    void present(const Certificate& certificate);

private:
    void configure();
    void write_certificate(const Certificate& certificate);
    void populate();
    bool connect();

    Options options_;
    ServerHome home_;
    int port_;
    Certificate authority_;
    Certificate client_;
    std::optional<ServerProcess> process_;
    std::unique_ptr<st_mysql, void (*)(st_mysql*)> admin_;
};

}  // namespace vigia::test
