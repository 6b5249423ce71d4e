#pragma once

#include "env/clock.hpp"
#include "env/db_client.hpp"
#include "env/real/mysql_transport.hpp"
#include "env/real/socket_watch.hpp"
#include "env/real/tls_trust.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mysql.h>
#include <optional>
#include <string>
#include <string_view>

namespace vigia {

/// What the sessions of one client share.
struct MysqlShared {
    SocketWatches& sockets;
    TrustStores& trust;
    std::string own_user;  ///< for a target without a user, as libmariadb has it
};

/// Of a server: TCP or a Unix socket.
struct SocketAddress {
    boost::asio::generic::stream_protocol::endpoint endpoint;
    std::string text;  ///< "192.0.2.1", or the path
};

/// One connection to a MySQL or MariaDB server, from TCP to the last row. libmariadb decides what
/// is sent, MysqlTransport sends it, and this waits in between. Each step returns false where the
/// conversation ends, with its reason in answer().failure; then no further step may be taken.
/// Destroyed at any time it closes the connection without a wait: politely where the server is
/// between two commands, else by cutting it off.
/// Lives in the frame of one ask(); one thread; `shared` and `target` must outlive it.
class MysqlSession {
public:
    MysqlSession(MysqlShared& shared, const DbTarget& target, SocketAddress address);
    ~MysqlSession();
    MysqlSession(const MysqlSession&) = delete;
    MysqlSession& operator=(const MysqlSession&) = delete;

    /// The connection alone: phase `connect`.
    boost::asio::awaitable<bool> connect(MonoTime until);

    /// The server's greeting, TLS, the login: phases `login` (the greeting belongs to it, since
    /// `connect` is TCP's) and `tls`.
    boost::asio::awaitable<bool> log_in(MonoTime until);

    /// Runs a statement without rows. An error that the server answers is left in server_error(),
    /// and ends nothing.
    boost::asio::awaitable<bool> execute(std::string statement, MonoTime until);

    /// Runs a query and reads its first result, as far as it is judged. Phase `query`.
    boost::asio::awaitable<bool> query(std::string statement, MonoTime until);

    /// Ends the conversation as the answer to execute() says.
    bool fail_as_reported();

    /// A cancellation ends no step. To be called before the first one.
    void ignore_cancellation() { heeds_cancellation_ = false; }

    DbAnswer& answer() { return answer_; }
    bool was_cancelled() const { return cancelled_; }
    /// True if the server may still be at a statement whose end was not waited for.
    bool left_statement() const { return phase_ == Phase::query && gave_up_; }
    unsigned server_error() const { return server_error_; }
    unsigned long thread() const;
    bool is_mariadb() const;
    /// As in 80036 for 8.0.36, 101119 for 10.11.19.
    unsigned long version() const;

private:
    /// What libmariadb is at.
    enum class Operation : std::uint8_t { none, log_in, query, fetch };

    /// Without reading the rows that are left, as mysql_free_result() would by itself.
    struct FreeRows {
        void operator()(MYSQL_RES* rows) const;
    };

    MonoTime now() const { return shared_.sockets.clock().now().mono; }
    bool prepare();
    void set_options();
    boost::asio::awaitable<bool> wait(int wants, MonoTime until);
    boost::asio::awaitable<bool> negotiate(MonoTime until);
    boost::asio::awaitable<bool> encrypt(MonoTime until);
    boost::asio::awaitable<bool> send_query(const std::string& statement, MonoTime until);
    boost::asio::awaitable<bool> fetch(MonoTime until);
    boost::asio::awaitable<bool> read_rows(MonoTime until);
    boost::asio::awaitable<void> complete(int wants, MonoTime until);
    int go_on(int happened);
    void wind_up();
    void note_greeting();
    bool keep(std::size_t& bytes);
    bool fail(ReasonCode code, std::string detail = {});
    void close();

    MysqlShared& shared_;
    const DbTarget& target_;
    SocketAddress address_;
    DbAnswer answer_;
    std::optional<MysqlTransport> transport_;
    std::optional<SocketWatch> watch_;
    MYSQL mysql_{};
    Operation operation_ = Operation::none;
    MYSQL* connected_ = nullptr;                 // what came of Operation::log_in
    int result_ = 0;                             // … query
    MYSQL_ROW row_ = nullptr;                    // … fetch
    std::unique_ptr<MYSQL_RES, FreeRows> rows_;  // of the query
    bool initialised_ = false;
    bool idle_ = false;  // the server waits for a command
    bool heeds_cancellation_ = true;
    bool cancelled_ = false;
    bool gave_up_ = false;  // a wait ended without the socket being ready
    unsigned server_error_ = 0;
    Phase phase_ = Phase::connect;
    std::string_view query_;
    MonoTime phase_began_{};
};

}  // namespace vigia
