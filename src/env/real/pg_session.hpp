#pragma once

#include "env/clock.hpp"
#include "env/db_client.hpp"
#include "env/real/pg_failure.hpp"
#include "env/real/pg_meter.hpp"
#include "env/real/pg_options.hpp"
#include "env/real/pg_requests.hpp"
#include "env/real/poll_set.hpp"
#include "env/real/side_thread.hpp"
#include "env/real/tls_trust.hpp"

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <libpq-fe.h>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vigia {

struct PgResultDeleter {
    void operator()(PGresult* result) const { ::PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, PgResultDeleter>;

class PgSession;

/// What one call of PQconnectPoll() did.
struct PgStep {
    PostgresPollingStatusType next = PGRES_POLLING_FAILED;
    int os_errno = 0;  ///< that it left behind
};

/// What the sessions of one client share.
struct PgShared {
    Clock& clock;
    PollSet& sockets;  ///< its listener passes readiness on to the session that waits
    TrustStores& trust;
    SideThread& calculations;         ///< PBKDF2
    std::string account;              ///< who logs in where no user is configured
    std::vector<PgSession*> waiting;  ///< by descriptor
};

/// One connection, from connect() to the last row, at one address; what came of it is noted in the
/// answer. Lives in the frame of a question; all that it refers to must outlive it. Destroying it
/// closes the connection at once: nothing is sent but a goodbye if there is room for it, and what
/// the server still sends is refused.
///
/// libpq's descriptor is watched only while a wait for the connection lasts, because libpq closes
/// and replaces it (TLS refused, then plain) without saying so. From then on all that is said goes
/// through a PgMeter, and what comes is looked at before libpq gets it: how long an answer may be,
/// and what a login demands, is for us to say.
class PgSession {
public:
    PgSession(PgShared& shared, const DbTarget& target, DbAnswer& answer);
    ~PgSession();
    PgSession(const PgSession&) = delete;
    PgSession& operator=(const PgSession&) = delete;

    /// Connects to `address` (empty: the target's Unix socket) by `connect_limit`, then secures
    /// and authenticates by `deadline`. False: the answer has the failure.
    boost::asio::awaitable<bool> open(std::string address, MonoTime connect_limit,
                                      MonoTime deadline);

    /// Asks the target's question. Once, after open(). False: the answer has the failure.
    boost::asio::awaitable<bool> ask(MonoTime deadline);

    /// True if open() failed before there was a connection: another address may do better.
    bool unconnected() const { return phase_ == Phase::connect; }

    /// The descriptor waited for is ready. From the PollSet.
    void ready(unsigned events);

private:
    /// How the statements before a configured query go.
    enum class Frame : std::uint8_t { entered, refused, failed };

    boost::asio::awaitable<bool> wait(unsigned events, MonoTime deadline);
    boost::asio::awaitable<bool> wait_at(int descriptor, unsigned events, MonoTime deadline);
    boost::asio::awaitable<PostgresPollingStatusType> step(unsigned events, MonoTime deadline);
    boost::asio::awaitable<PgStep> step_aside(MonoTime deadline);
    boost::asio::awaitable<bool> flush(MonoTime deadline);
    /// Null without a failure: nothing more comes.
    boost::asio::awaitable<PgResult> next_result(MonoTime deadline);
    boost::asio::awaitable<Frame> enter_read_only(bool complete, MonoTime deadline);
    boost::asio::awaitable<bool> read_rows(MonoTime deadline);

    bool look(unsigned events);
    bool heed_requests(std::string_view bytes);
    bool settle();
    void enter(ConnStatusType status);
    void enter(Phase phase);
    void expect(std::size_t limit);
    bool verify();
    bool opened();
    bool take_rows(const PGresult* result);
    std::string frame(bool complete, MonoTime deadline) const;
    bool fail(ReasonCode code, std::string detail = {});
    bool fail_by_facts();
    bool fail_flooded();
    bool fail_by(const PGresult* result, MonoTime deadline);
    void note_errno(int error);
    MonoTime now() const { return shared_.clock.now().mono; }
    bool wants_tls() const;
    unsigned decrypted() const;

    PgShared& shared_;
    const DbTarget& target_;
    DbAnswer& answer_;
    std::string address_;
    PgConn connection_;               // null while another thread has it
    std::unique_ptr<PgMeter> meter_;  // null: not connected yet
    std::unique_ptr<Alarm> alarm_;
    unsigned ready_events_ = 0;
    Phase phase_ = Phase::connect;
    MonoTime phase_began_{};
    MonoTime asked_{};
    MonoTime first_row_{};
    PgFacts facts_;
    PgRequests requests_;
    bool challenged_ = false;  // the next step is a long calculation
    bool verified_ = false;
    bool flooded_ = false;
    std::size_t bytes_ = 0;    // of values, in rows that were read
    std::size_t limit_ = 0;    // of what may come until the next thing expected has
    std::size_t counted_ = 0;  // what had come by the last one
};

}  // namespace vigia
