#include "env/real/mysql_session.hpp"

#include "base/text.hpp"
#include "env/real/mysql_failure.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <errmsg.h>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string_view>
#include <sys/socket.h>
#include <utility>

namespace vigia {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kStack = std::size_t{96} * 1024;  // of libmariadb's coroutine; 60 by default
constexpr int kWindUps = 64;  // far more than libmariadb has reads and writes in a row
constexpr int kNotOver = -1;  // a result that libmariadb has not given
constexpr std::size_t kMaxPacket = std::size_t{16} * 1024 * 1024;  // a row in memory

/// Without TLS none of them shows the password as it is. Through TLS caching_sha2_password and
/// sha256_password do, to whoever ends it: only `verify-full` knows who that is.
constexpr const char* kLogins =
    "mysql_native_password,caching_sha2_password,sha256_password,client_ed25519";

unsigned events_of(int wants) {
    return ((wants & MYSQL_WAIT_READ) != 0 ? PollSet::kRead : 0U) |
           ((wants & MYSQL_WAIT_WRITE) != 0 ? PollSet::kWrite : 0U);
}

int connect_error(int fd) {
    int error = 0;
    socklen_t size = sizeof error;
    return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

// A server that asks for a file of ours gets none, even if libmariadb should let it.
int no_file(void**, const char*, void*) {
    return 1;
}
int no_bytes(void*, char*, unsigned) {
    return -1;
}
void no_end(void*) {}
int no_reason(void*, char* text, unsigned size) {
    if (size > 0) *text = '\0';
    return CR_UNKNOWN_ERROR;
}

}  // namespace

void MysqlSession::FreeRows::operator()(MYSQL_RES* rows) const {
    rows->handle = nullptr;
    ::mysql_free_result(rows);
}

MysqlSession::MysqlSession(MysqlShared& shared, const DbTarget& target, SocketAddress address)
    : shared_(shared), target_(target), address_(std::move(address)) {}

MysqlSession::~MysqlSession() {
    close();
}

unsigned long MysqlSession::thread() const {
    return mysql_.thread_id;
}

bool MysqlSession::is_mariadb() const {
    return ::mariadb_connection(const_cast<MYSQL*>(&mysql_)) != 0;
}

unsigned long MysqlSession::version() const {
    return ::mysql_get_server_version(const_cast<MYSQL*>(&mysql_));
}

bool MysqlSession::fail(ReasonCode code, std::string detail) {
    if (!answer_.failure) answer_.failure = Reason{phase_, code, 0, std::move(detail)};
    return false;
}

/// What libmariadb says, and what the transport knows besides.
bool MysqlSession::fail_as_reported() {
    if (answer_.failure) return false;
    MysqlFacts facts;
    facts.phase = phase_;
    facts.number = ::mysql_errno(&mysql_);
    facts.sqlstate = ::mysql_sqlstate(&mysql_);
    facts.text = ::mysql_error(&mysql_);
    facts.os_errno = transport_->os_errno();
    facts.ended = transport_->ended();
    if (transport_->tls() != nullptr) facts.alert = transport_->tls()->alert();
    facts.query = query_;
    answer_.failure = classify(facts);
    return false;
}

asio::awaitable<bool> MysqlSession::connect(MonoTime until) {
    const MonoTime started = now();
    const auto& endpoint = address_.endpoint;
    const int family = endpoint.protocol().family();
    Descriptor socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) {
        answer_.failure = reason_of_connect(errno);
        co_return false;
    }
    const int fd = socket.get();
    const bool local = family == AF_UNIX;
    const int on = 1;
    if (!local) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    transport_.emplace(std::move(socket), local);
    watch_.emplace(shared_.sockets, fd);
    if (!heeds_cancellation_) watch_->ignore_cancellation();
    const auto size = static_cast<socklen_t>(endpoint.size());
    int error = ::connect(fd, endpoint.data(), size) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
        const bool ready = co_await wait(MYSQL_WAIT_WRITE, until);
        if (!ready) co_return false;
        error = connect_error(fd);
    }
    if (error == ECONNRESET) {  // by whoever had taken the connection
        phase_ = Phase::login;
        co_return fail(ReasonCode::connection_reset);
    }
    if (error != 0) {
        answer_.failure = reason_of_connect(error);
        co_return false;
    }
    answer_.timings.connect = now() - started;
    answer_.remote_address = address_.text;
    co_return true;
}

/// False if the wait ended otherwise than by the socket's being ready.
asio::awaitable<bool> MysqlSession::wait(int wants, MonoTime until) {
    const Woken woken = co_await watch_->wait(events_of(wants), until);
    gave_up_ = woken != Woken::ready;
    switch (woken) {
        case Woken::ready:
            co_return true;
        case Woken::timeout:
            co_return fail(ReasonCode::timeout);
        case Woken::cancelled:
            cancelled_ = true;
            co_return fail(ReasonCode::internal, "cancelled");
        case Woken::no_watch:
            break;
    }
    co_return fail(ReasonCode::no_buffers);
}

void MysqlSession::set_options() {
    const my_bool off = 0;
    const unsigned no_local_files = 0;
    const unsigned protocol = MYSQL_PROTOCOL_TCP;
    std::size_t stack = kStack;
    std::size_t packet = kMaxPacket;
    ::mysql_optionsv(&mysql_, MYSQL_OPT_NONBLOCK, &stack);
    ::mysql_optionsv(&mysql_, MYSQL_OPT_PROTOCOL, &protocol);
    ::mysql_optionsv(&mysql_, MYSQL_OPT_RECONNECT, &off);
    ::mysql_optionsv(&mysql_, MYSQL_OPT_LOCAL_INFILE, &no_local_files);
    ::mysql_set_local_infile_handler(&mysql_, &no_file, &no_bytes, &no_end, &no_reason, nullptr);
    ::mysql_optionsv(&mysql_, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
    ::mysql_optionsv(&mysql_, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    ::mysql_optionsv(&mysql_, MYSQL_PLUGIN_DIR, MARIADB_PLUGINDIR);  // or the environment says
    ::mysql_optionsv(&mysql_, MARIADB_OPT_RESTRICTED_AUTH, kLogins);
    ::mysql_optionsv(&mysql_, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "vigia");
}

bool MysqlSession::prepare() {
    initialised_ = ::mysql_init(&mysql_) != nullptr;
    if (!initialised_) return false;
    set_options();
    return transport_->attach(mysql_);
}

asio::awaitable<bool> MysqlSession::log_in(MonoTime until) {
    phase_ = Phase::login;
    phase_began_ = now();
    if (!prepare()) co_return fail(ReasonCode::no_buffers);
    const std::string& user = target_.user.empty() ? shared_.own_user : target_.user;
    const char* const database = target_.database.empty() ? nullptr : target_.database.c_str();
    // The address is only told to the server: where the connection goes, the transport knows.
    operation_ = Operation::log_in;
    connected_ = nullptr;
    const int wants =
        ::mysql_real_connect_start(&connected_, &mysql_, address_.text.c_str(), user.c_str(),
                                   target_.password.reveal().c_str(), database, 0, nullptr, 0);
    co_await complete(wants, until);
    if (connected_ == nullptr) co_return fail_as_reported();
    answer_.timings.login += now() - phase_began_;
    idle_ = true;
    co_return true;
}

/// Goes on with what libmariadb is at, and returns what it wants to wait for; 0: it has ended.
int MysqlSession::go_on(int happened) {
    int wants = 0;
    switch (operation_) {
        case Operation::none:
            break;
        case Operation::log_in:
            wants = ::mysql_real_connect_cont(&connected_, &mysql_, happened);
            break;
        case Operation::query:
            wants = ::mysql_real_query_cont(&result_, &mysql_, happened);
            break;
        case Operation::fetch:
            wants = ::mysql_fetch_row_cont(&row_, rows_.get(), happened);
            break;
    }
    if (wants == 0) operation_ = Operation::none;
    return wants;
}

/// Waits until libmariadb has ended what it is at, which it does soon where a wait fails: then
/// nothing can be read or written any more.
asio::awaitable<void> MysqlSession::complete(int wants, MonoTime until) {
    if (wants == 0) operation_ = Operation::none;
    while (operation_ != Operation::none) {
        bool goes_on = false;
        if (transport_->holds_login()) {
            goes_on = co_await negotiate(until);
        } else {
            goes_on = co_await wait(wants, until);
        }
        if (!goes_on) {
            wind_up();
            co_return;
        }
        wants = go_on(wants & ~MYSQL_WAIT_TIMEOUT);
    }
}

/// Has libmariadb give up what it is at, so that it frees what it holds for it. Never waits.
void MysqlSession::wind_up() {
    transport_->shut();
    for (int i = 0; i < kWindUps && operation_ != Operation::none; ++i) go_on(MYSQL_WAIT_TIMEOUT);
}

void MysqlSession::note_greeting() {
    std::string_view version = ::mysql_get_server_info(&mysql_);
    if (is_mariadb()) version = version.substr(0, version.find("-MariaDB"));
    answer_.server_version = is_mariadb() ? "MariaDB " : "MySQL ";
    answer_.server_version += shorten(version, kMaxServerText);
}

/// The server has greeted, and libmariadb has a login for it: decides whether it goes through TLS.
asio::awaitable<bool> MysqlSession::negotiate(MonoTime until) {
    note_greeting();
    const bool wanted = target_.tls_mode != DbTlsMode::disable && !transport_->local();
    if (!wanted) {
        transport_->release_login();
        co_return true;
    }
    if (!transport_->offers_tls()) {
        phase_ = Phase::tls;
        if (target_.tls_mode != DbTlsMode::prefer) co_return fail(ReasonCode::tls_not_offered);
        phase_ = Phase::login;
        transport_->release_login();
        co_return true;
    }
    const MonoTime began = now();
    answer_.timings.login += began - phase_began_;
    phase_ = Phase::tls;
    const bool encrypted = co_await encrypt(until);
    phase_began_ = now();
    answer_.timings.tls = phase_began_ - began;
    if (encrypted) phase_ = Phase::login;
    co_return encrypted;
}

asio::awaitable<bool> MysqlSession::encrypt(MonoTime until) {
    if (!transport_->request_tls()) co_return fail_as_reported();
    TlsWish wish;
    wish.verify_chain = target_.tls_mode >= DbTlsMode::verify_ca;
    wish.verify_host = target_.tls_mode >= DbTlsMode::verify_full;
    wish.host = target_.tls.server_name.empty() ? target_.host : target_.tls.server_name;
    auto tls = std::make_unique<TlsStream>(shared_.trust, target_.tls, wish, transport_->fd());
    for (;;) {
        const TlsStream::Step step = tls->handshake();
        if (step == TlsStream::Step::done) break;
        if (step == TlsStream::Step::failed) {
            answer_.failure = tls->failure();
            co_return false;
        }
        const bool reads = step == TlsStream::Step::wants_read;
        const bool ready = co_await wait(reads ? MYSQL_WAIT_READ : MYSQL_WAIT_WRITE, until);
        if (!ready) co_return false;
    }
    answer_.tls_version = tls->version();
    transport_->release_login(std::move(tls));
    co_return true;
}

/// Sends a statement and reads the beginning of its answer, up to the first row.
asio::awaitable<bool> MysqlSession::send_query(const std::string& statement, MonoTime until) {
    phase_ = Phase::query;
    idle_ = false;
    server_error_ = 0;
    operation_ = Operation::query;
    result_ = kNotOver;
    const int wants =
        ::mysql_real_query_start(&result_, &mysql_, statement.data(), statement.size());
    co_await complete(wants, until);
    co_return result_ == 0;
}

asio::awaitable<bool> MysqlSession::execute(std::string statement, MonoTime until) {
    const bool good = co_await send_query(statement, until);
    if (!good) {
        server_error_ = ::mysql_errno(&mysql_);
        const bool broken = transport_->ended() || transport_->os_errno() != 0;
        if (answer_.failure || broken || !is_of_server(server_error_)) co_return fail_as_reported();
    }
    // Rows that nobody asked for would be in the way of what comes next.
    if (good && ::mysql_field_count(&mysql_) != 0) co_return fail(ReasonCode::protocol_error);
    idle_ = true;
    co_return true;
}

asio::awaitable<bool> MysqlSession::query(std::string statement, MonoTime until) {
    query_ = statement;
    phase_began_ = now();
    const bool good = co_await send_query(statement, until);
    if (!good) co_return fail_as_reported();
    rows_.reset(::mysql_use_result(&mysql_));
    if (!rows_) {
        if (::mysql_field_count(&mysql_) != 0) co_return fail(ReasonCode::no_buffers);
        answer_.timings.ttfb = now() - phase_began_;
        idle_ = (mysql_.server_status & SERVER_MORE_RESULTS_EXIST) == 0;
        co_return fail(ReasonCode::query_not_reading);  // a statement without rows
    }
    const bool read = co_await read_rows(until);
    answer_.timings.transfer = now() - phase_began_;
    co_return read;
}

/// The next row into row_, null after the last one.
asio::awaitable<bool> MysqlSession::fetch(MonoTime until) {
    operation_ = Operation::fetch;
    row_ = nullptr;
    const int wants = ::mysql_fetch_row_start(&row_, rows_.get());
    co_await complete(wants, until);
    co_return !answer_.failure;
}

asio::awaitable<bool> MysqlSession::read_rows(MonoTime until) {
    std::size_t bytes = 0;
    for (;;) {
        const bool fetched = co_await fetch(until);
        if (answer_.result.rows == 0) {
            const MonoTime first = now();
            answer_.timings.ttfb = first - phase_began_;
            phase_began_ = first;
        }
        if (!fetched) co_return false;
        if (row_ == nullptr) {
            if (transport_->met_giant()) {
                ++answer_.result.rows;  // beyond what is read of an answer
                co_return true;
            }
            if (::mysql_errno(&mysql_) != 0) co_return fail_as_reported();
            idle_ = (mysql_.server_status & SERVER_MORE_RESULTS_EXIST) == 0;
            co_return true;
        }
        if (!keep(bytes)) co_return true;
    }
}

/// False once no more rows are to be read.
bool MysqlSession::keep(std::size_t& bytes) {
    const unsigned columns = ::mysql_num_fields(rows_.get());
    const unsigned long* const sizes = ::mysql_fetch_lengths(rows_.get());
    DbResult& result = answer_.result;
    if (result.rows == 0 && columns > 0 && row_[0] != nullptr) {
        result.value.emplace(row_[0], std::min<std::size_t>(sizes[0], kMaxDbValue));
    }
    ++result.rows;
    for (unsigned column = 0; column < columns; ++column) bytes += sizes[column];
    result.capped = result.rows == kMaxDbRows || bytes >= kMaxDbBytes;
    return !result.capped;
}

/// Never waits, and reads nothing of what the server still sends.
void MysqlSession::close() {
    if (transport_ && !idle_) wind_up();
    rows_.reset();
    if (initialised_) ::mysql_close(&mysql_);
    initialised_ = false;
    watch_.reset();
    transport_.reset();
}

}  // namespace vigia
