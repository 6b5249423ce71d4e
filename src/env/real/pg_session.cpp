#include "env/real/pg_session.hpp"

#include "base/text.hpp"
#include "env/real/asio_clock.hpp"
#include "env/real/http_failure.hpp"
#include "env/real/pg_glance.hpp"

#include <atomic>
#include <cerrno>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <utility>

namespace vigia {

namespace asio = boost::asio;

namespace {

/// Some two seconds, on a thread for which all the logins stand in line; servers ask for 4,096, and
/// since PostgreSQL 16 for as many as they are told to.
constexpr std::uint64_t kMostScramRounds = 1'000'000;
/// SASL, its challenge, its proof, OK, and as many to spare. Together with what is known of their
/// length it keeps PgRequests in step: libpq has room for all that they can come to at once.
constexpr std::size_t kMostRequests = 8;
constexpr std::size_t kMostOfTls = std::size_t{256} * 1024;  // with a list of accepted CAs
constexpr std::size_t kMostOfLogin = std::size_t{64} * 1024;

void ignore_notice(void*, const PGresult*) {}

SSL* tls_of(PGconn* connection) {
    return static_cast<SSL*>(::PQsslStruct(connection, "OpenSSL"));
}

int socket_error(int descriptor) {
    int error = 0;
    socklen_t size = sizeof error;
    return ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : 0;
}

PgStep poll(PGconn* connection) {
    PgStep step;
    errno = 0;
    step.next = ::PQconnectPoll(connection);
    step.os_errno = errno;
    return step;
}

/// The step that answers a SCRAM challenge: thousands of HMACs. It has the connection for itself,
/// and closes it if nobody waits for it any more.
class ScramStep final : public SideTask {
public:
    ScramStep(PgConn connection, Alarm& alarm)
        : connection_(std::move(connection)), alarm_(&alarm) {}

    void run() override {
        began_ = BootClock::now();
        if (wanted_) step_ = poll(connection_.get());
    }
    void ended() override {
        ended_ = true;
        if (wanted_) alarm_->ring();
    }

    // On the loop.
    void give_up() { wanted_ = false; }
    bool is_over() const { return ended_; }
    /// When its turn came; max() until then.
    MonoTime began() const { return began_; }
    PgConn take_connection() { return std::move(connection_); }
    PgStep step() const { return step_; }

private:
    PgConn connection_;
    Alarm* const alarm_;  // only while it is wanted
    PgStep step_;
    std::atomic<MonoTime> began_ = MonoTime::max();
    std::atomic<bool> wanted_ = true;
    bool ended_ = false;
};

/// However a wait for it ends.
class GiveUp {
public:
    explicit GiveUp(ScramStep& step) : step_(step) {}
    ~GiveUp() { step_.give_up(); }
    GiveUp(const GiveUp&) = delete;
    GiveUp& operator=(const GiveUp&) = delete;

private:
    ScramStep& step_;
};

}  // namespace

PgSession::PgSession(PgShared& shared, const DbTarget& target, DbAnswer& answer)
    : shared_(shared), target_(target), answer_(answer), alarm_(shared.clock.make_alarm()) {}

PgSession::~PgSession() {
    connection_.reset();  // says goodbye; the connection does not block
    if (meter_) meter_->send();
}

bool PgSession::wants_tls() const {
    return target_.tls_mode != DbTlsMode::disable && !address_.empty();
}

void PgSession::ready(unsigned events) {
    ready_events_ |= events;
    alarm_->ring();
}

/// Waits until libpq can go on; `ready_events_` says with what.
asio::awaitable<bool> PgSession::wait(unsigned events, MonoTime deadline) {
    if (!meter_) {
        const bool woken = co_await wait_at(::PQsocket(connection_.get()), events, deadline);
        co_return woken;
    }
    for (;;) {
        if (!meter_->send()) co_return fail_by_facts();  // libpq has given up
        const auto trouble = reason_of_errno(meter_->os_errno());
        if (trouble && is_own_fault(*trouble)) co_return fail(*trouble);
        ready_events_ = meter_->ready(events) | (events & decrypted());
        if (ready_events_ != 0) co_return true;
        const bool woken = co_await wait_at(meter_->socket(), meter_->wanted(events), deadline);
        if (!woken) co_return false;
        if ((ready_events_ & (PollSet::kRead | PollSet::kError)) != 0) meter_->receive();
    }
}

/// A record of TLS may be longer than what libpq takes of it at once.
unsigned PgSession::decrypted() const {
    SSL* const tls = phase_ == Phase::tls ? nullptr : tls_of(connection_.get());
    return tls != nullptr && ::SSL_pending(tls) > 0 ? PollSet::kRead : 0U;
}

asio::awaitable<bool> PgSession::wait_at(int descriptor, unsigned events, MonoTime deadline) {
    if (descriptor < 0) co_return fail(ReasonCode::internal, "no descriptor");
    const auto index = static_cast<std::size_t>(descriptor);
    ready_events_ = 0;
    if (const int error = shared_.sockets.watch(descriptor, events); error != 0) {
        co_return fail(reason_of_errno(error).value_or(ReasonCode::internal));
    }
    if (index >= shared_.waiting.size()) shared_.waiting.resize(index + 1);
    shared_.waiting[index] = this;
    bool cancelled = false;
    while (ready_events_ == 0 && !cancelled && now() < deadline) {
        const bool woken = co_await alarm_->wait_until(deadline);
        cancelled = !woken;
    }
    shared_.waiting[index] = nullptr;
    shared_.sockets.forget(descriptor);
    if (cancelled) co_return fail(ReasonCode::internal, "cancelled");
    if (ready_events_ == 0) co_return fail(ReasonCode::timeout);
    co_return true;
}

asio::awaitable<bool> PgSession::open(std::string address, MonoTime connect_limit,
                                      MonoTime deadline) {
    address_ = std::move(address);
    phase_began_ = now();
    errno = 0;
    connection_ = begin_connection(target_, address_, shared_.account);
    if (!connection_) co_return fail(ReasonCode::no_buffers);
    ::PQsetNoticeReceiver(connection_.get(), &ignore_notice, nullptr);
    ::PQsetErrorVerbosity(connection_.get(), PQERRORS_VERBOSE);
    if (::PQstatus(connection_.get()) == CONNECTION_BAD) {
        note_errno(errno);
        co_return fail_by_facts();
    }
    // Or libpq would wait for room that only this thread makes.
    ::PQsetnonblocking(connection_.get(), 1);
    if (!settle()) co_return false;  // a Unix socket is connected at once
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    while (next != PGRES_POLLING_OK) {
        const unsigned events = next == PGRES_POLLING_READING ? PollSet::kRead : PollSet::kWrite;
        const MonoTime limit = phase_ == Phase::connect ? connect_limit : deadline;
        const bool is_ready = co_await wait(events, limit);
        if (!is_ready) co_return false;
        next = co_await step(events, deadline);
        if (next == PGRES_POLLING_FAILED) co_return false;
    }
    co_return opened();
}

/// One step of libpq's, and what it shows. Failed: the answer has the failure.
asio::awaitable<PostgresPollingStatusType> PgSession::step(unsigned events, MonoTime deadline) {
    challenged_ = false;
    if (!look(events)) co_return PGRES_POLLING_FAILED;
    PgStep made;
    if (challenged_) {
        made = co_await step_aside(deadline);
        if (answer_.failure) co_return PGRES_POLLING_FAILED;
    } else {
        made = poll(connection_.get());
    }
    if (made.next == PGRES_POLLING_FAILED) {
        note_errno(made.os_errno);
        fail_by_facts();
        co_return made.next;
    }
    if (!settle()) co_return PGRES_POLLING_FAILED;
    if (!verified_ && phase_ == Phase::login && ::PQsslInUse(connection_.get()) != 0) {
        // The handshake is complete, and nothing was sent after it yet.
        if (!verify()) co_return PGRES_POLLING_FAILED;
        verified_ = true;
    }
    co_return made.next;
}

/// A step beside the loop. If the deadline passes meanwhile, the connection is left to the thread.
asio::awaitable<PgStep> PgSession::step_aside(MonoTime deadline) {
    const auto task = std::make_shared<ScramStep>(std::move(connection_), *alarm_);
    if (!shared_.calculations.submit(task)) {
        connection_ = task->take_connection();
        co_return poll(connection_.get());
    }
    const GiveUp at_the_end(*task);
    const MonoTime queued = now();
    bool cancelled = false;
    while (!task->is_over() && !cancelled && now() < deadline) {
        const bool woken = co_await alarm_->wait_until(deadline);
        cancelled = !woken;
    }
    if (task->is_over()) {
        connection_ = task->take_connection();
        co_return task->step();
    }
    if (cancelled) {
        fail(ReasonCode::internal, "cancelled");
    } else {
        // Of a step that stood in line, the time that is left says nothing of the server.
        const bool late = task->began() - queued > (deadline - queued) / 4;
        fail(late ? ReasonCode::own_lateness : ReasonCode::timeout);
    }
    co_return PgStep{};
}

/// Takes note of where a step has led to.
bool PgSession::settle() {
    if (meter_ && !meter_->send()) meter_.reset();  // libpq tries once more, without TLS
    const ConnStatusType status = ::PQstatus(connection_.get());
    if (status == CONNECTION_MADE && !meter_) {
        meter_ = PgMeter::insert(::PQsocket(connection_.get()));
        if (!meter_) return fail(reason_of_errno(errno).value_or(ReasonCode::internal));
    }
    enter(status);
    return true;
}

/// Notes what the connection has for libpq; false if that is its end.
bool PgSession::look(unsigned events) {
    const int descriptor = ::PQsocket(connection_.get());
    if (!meter_) {
        if ((ready_events_ & PollSet::kError) == 0) return true;
        const int error = socket_error(descriptor);
        if (error == 0) return true;
        note_errno(error);
        return fail_by_facts();
    }
    if ((events & PollSet::kRead) == 0) return true;
    if (meter_->received() - counted_ > limit_) return fail_flooded();
    SSL* const tls = phase_ == Phase::tls ? nullptr : tls_of(connection_.get());
    PgGlance seen = glance(descriptor, tls);
    if (seen.over()) {
        facts_.ended = seen.ended;
        // Of a connection that broke, the server's last words come first.
        facts_.os_errno = seen.ended ? meter_->os_errno() : seen.os_errno;
        facts_.tls_error = std::move(seen.tls_error);
        return fail_by_facts();
    }
    if (phase_ == Phase::tls && facts_.tls_answer == 0 && seen.size > 0) {
        facts_.tls_answer = seen.bytes[0];
    }
    return phase_ != Phase::login || heed_requests(seen.text());
}

/// What the server asks of who logs in, before libpq gets to read it.
bool PgSession::heed_requests(std::string_view bytes) {
    const std::vector<PgRequest> requests = requests_.take(bytes);
    if (requests_.count() > kMostRequests) return fail_flooded();
    for (const PgRequest& request : requests) {
        facts_.wants_login = request.wants_answer();
        if (request.is_foreign()) return fail(ReasonCode::login_failed, "GSSAPI, SSPI");
        if (!request.is_challenge()) continue;
        if (request.rounds == 0 || request.rounds > kMostScramRounds) {
            return fail(ReasonCode::protocol_error, "SCRAM iterations");
        }
        challenged_ = true;
    }
    if (requests_.over()) facts_.wants_login = false;
    return true;
}

/// From here on no more than `limit` bytes may come before the next of what is waited for.
void PgSession::expect(std::size_t limit) {
    limit_ = limit;
    counted_ = meter_->received();
}

bool PgSession::fail_flooded() {
    flooded_ = true;
    if (phase_ != Phase::query) return fail(ReasonCode::protocol_error, "a login too long");
    return fail(ReasonCode::query_failed,
                target_.query.empty() ? "an answer too long" : "a row of more than 2 MiB");
}

void PgSession::enter(ConnStatusType status) {
    switch (status) {
        case CONNECTION_NEEDED:
        case CONNECTION_STARTED:  // perhaps once more, without TLS
            enter(Phase::connect);
            facts_.tls_answer = 0;
            requests_ = {};
            return;
        case CONNECTION_MADE:  // before TLS, after it, or without
            if (phase_ == Phase::connect) {
                answer_.remote_address = address_.empty() ? target_.host : address_;
            }
            return enter(wants_tls() && phase_ == Phase::connect ? Phase::tls : Phase::login);
        case CONNECTION_SSL_STARTUP:
            return enter(Phase::tls);
        default:
            return enter(Phase::login);
    }
}

void PgSession::enter(Phase phase) {
    if (phase == phase_) return;
    const MonoTime time = now();
    Timings& timings = answer_.timings;
    // TLS that was asked for and not offered was no phase of its own.
    const bool encrypts = phase_ == Phase::tls && facts_.tls_answer == 'S';
    Duration& took = phase_ == Phase::connect ? timings.connect
                     : encrypts               ? timings.tls
                                              : timings.login;
    took += time - phase_began_;
    phase_began_ = time;
    phase_ = phase;
    if (meter_) expect(phase == Phase::tls ? kMostOfTls : kMostOfLogin);
}

bool PgSession::verify() {
    if (target_.tls_mode < DbTlsMode::verify_ca) return true;
    phase_ = Phase::tls;
    X509_STORE* const store = shared_.trust.find(target_.tls.ca_file);
    if (store == nullptr) return fail(ReasonCode::unusable_ca_file, target_.tls.ca_file);
    const std::string& host =
        target_.tls.server_name.empty() ? target_.host : target_.tls.server_name;
    const bool full = target_.tls_mode == DbTlsMode::verify_full;
    const auto refusal =
        refusal_of_peer(tls_of(connection_.get()), store, full ? host : std::string());
    if (refusal) return fail(*refusal);
    phase_ = Phase::login;
    return true;
}

/// Notes who the server is.
bool PgSession::opened() {
    enter(Phase::query);
    PGconn* const connection = connection_.get();
    if (::PQsslInUse(connection) != 0) {
        const char* const protocol = ::PQsslAttribute(connection, "protocol");
        if (protocol != nullptr) answer_.tls_version = protocol;
    }
    const char* const version = ::PQparameterStatus(connection, "server_version");
    answer_.server_version = "PostgreSQL";
    if (version != nullptr) {
        answer_.server_version = shorten("PostgreSQL " + std::string(version), kMaxServerText);
    }
    return true;
}

/// Keeps an errno that libpq or the system left behind, if it speaks of the connection.
void PgSession::note_errno(int error) {
    if (address_.empty() && error == ENOENT) error = ECONNREFUSED;  // no such socket: nobody there
    if (reason_of_errno(error)) facts_.os_errno = error;
}

bool PgSession::fail(ReasonCode code, std::string detail) {
    answer_.failure = Reason{phase_, code, 0, std::move(detail)};
    return false;
}

/// For what the server did not say in the fields of a result.
bool PgSession::fail_by_facts() {
    const std::string message = ::PQerrorMessage(connection_.get());
    facts_.phase = phase_;
    if (auto error = find_server_error(message)) facts_.server = *std::move(error);
    facts_.message = own_words(message);
    answer_.failure = classify(facts_);
    return false;
}

}  // namespace vigia
