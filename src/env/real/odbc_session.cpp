#include "env/real/odbc_session.hpp"

#include "base/text.hpp"
#include "env/real/asio_clock.hpp"
#include "env/real/tds_glance.hpp"
#include "env/real/utf16.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <sql.h>
#include <sqlext.h>
#include <sqlucode.h>
#include <string.h>
#include <unistd.h>
#include <utility>

namespace vigia {

namespace {

constexpr const char* kDefaultQuery = "SELECT 1";
constexpr std::size_t kPiece = std::size_t{16} * 1024;
constexpr int kMaxRecords = 16;
constexpr Duration kGlance = std::chrono::milliseconds(500);

// All texts are wide: in the others, drivers mean the character set of the process's locale.
static_assert(sizeof(SQLWCHAR) == sizeof(char16_t));

SQLWCHAR* sql_text(std::u16string& text) {
    return reinterpret_cast<SQLWCHAR*>(text.data());
}

/// What a driver wrote into `room`, in bytes or units up to a zero.
template <std::size_t N>
std::string text_in(const std::array<SQLWCHAR, N>& room) {
    const auto* const text = reinterpret_cast<const char16_t*>(room.data());
    return from_utf16(
        std::u16string_view(text, static_cast<std::size_t>(std::find(text, text + N, 0) - text)));
}

SQLPOINTER sql_number(std::uintptr_t number) {
    return reinterpret_cast<SQLPOINTER>(number);
}

/// Until `moment`, in whole seconds and at least one, since 0 is for ever.
std::uint32_t seconds_until(MonoTime moment) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(moment - BootClock::now());
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(left.count(), 1, 86'400));
}

/// unixODBC does not say why it could not open a driver's file.
bool out_of_descriptors() {
    const int descriptor = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return errno == EMFILE || errno == ENFILE;
    ::close(descriptor);
    return false;
}

std::vector<OdbcRecord> records_of(SQLSMALLINT kind, SQLHANDLE handle) {
    std::vector<OdbcRecord> records;
    std::array<SQLWCHAR, 6> state{};
    std::array<SQLWCHAR, kPiece> text{};
    for (SQLSMALLINT at = 1; at <= kMaxRecords; ++at) {
        SQLINTEGER number = 0;
        SQLSMALLINT size = 0;
        const SQLRETURN result =
            ::SQLGetDiagRecW(kind, handle, at, state.data(), &number, text.data(),
                             static_cast<SQLSMALLINT>(text.size()), &size);
        if (!SQL_SUCCEEDED(result)) break;
        records.push_back({text_in(state), number, text_in(text)});
    }
    return records;
}

/// At most so many bytes, and no part of a character.
void cut_value(std::string& value) {
    if (value.size() <= kMaxDbValue) return;
    value.resize(kMaxDbValue);
    constexpr int kLongestCharacter = 4;
    for (int i = 0; i < kLongestCharacter && !value.empty(); ++i) {
        const auto last = static_cast<unsigned char>(value.back());
        const bool ascii = last < 0x80;
        if (ascii || is_utf8(value)) return;
        value.pop_back();
    }
}

}  // namespace

/// An environment of its own: what one hanging connection locks in unixODBC stays its own.
struct OdbcSession::Handles {
    SQLHENV environment = SQL_NULL_HENV;
    SQLHDBC connection = SQL_NULL_HDBC;
    bool connected = false;

    bool allocate() {
        if (!SQL_SUCCEEDED(::SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment))) {
            return false;
        }
        ::SQLSetEnvAttr(environment, SQL_ATTR_ODBC_VERSION, sql_number(SQL_OV_ODBC3), 0);
        return SQL_SUCCEEDED(::SQLAllocHandle(SQL_HANDLE_DBC, environment, &connection));
    }
    void set(SQLINTEGER attribute, std::uintptr_t value) const {
        ::SQLSetConnectAttr(connection, attribute, sql_number(value), SQL_IS_UINTEGER);
    }
    Handles() = default;
    Handles(const Handles&) = delete;
    Handles& operator=(const Handles&) = delete;
    ~Handles() {
        if (connected) ::SQLDisconnect(connection);
        if (connection != SQL_NULL_HDBC) ::SQLFreeHandle(SQL_HANDLE_DBC, connection);
        if (environment != SQL_NULL_HENV) ::SQLFreeHandle(SQL_HANDLE_ENV, environment);
    }
};

OdbcSession::OdbcSession(OdbcQuestion question, std::function<void()> on_end)
    : question_(std::move(question)), on_end_(std::move(on_end)) {}

OdbcSession::~OdbcSession() = default;

bool OdbcSession::fail(Reason reason) {
    answer_.failure = std::move(reason);
    return false;
}

void OdbcSession::run() {
    const MonoTime began = BootClock::now();
    begun_ = began;
    phase_ = Phase::connect;
    bool connected = false;
    for (std::size_t left = question_.routes.size(); left > 0 && !connected; --left) {
        answer_.failure.reset();
        // One address that swallows everything must not hide the others.
        const MonoTime now = BootClock::now();
        const MonoTime limit = now + (question_.deadline - now) / static_cast<int>(left);
        connected = connect(question_.routes[question_.routes.size() - left], limit);
        // Where nobody listens, another address of the name may be better.
        if (!connected && answer_.failure->phase != Phase::connect) break;
    }
    const bool reached = connected || answer_.failure->phase != Phase::connect;
    (reached ? answer_.timings.login : answer_.timings.connect) = BootClock::now() - began;
    if (connected) ask();
    close();
}

bool OdbcSession::connect(const OdbcRoute& route, MonoTime limit) {
    if (route.addresses.size() == 1) answer_.remote_address = route.addresses.front();
    handles_ = std::make_unique<Handles>();
    if (!handles_->allocate()) return fail({Phase::none, ReasonCode::no_driver, 0, "unixODBC"});
    if (!connect_driver(route, limit)) return explain(route, limit);
    describe_server();
    return true;
}

bool OdbcSession::connect_driver(const OdbcRoute& route, MonoTime limit) {
    handles_->set(SQL_ATTR_LOGIN_TIMEOUT, seconds_until(limit));
    handles_->set(SQL_ATTR_CONNECTION_TIMEOUT, seconds_until(question_.deadline));
    std::u16string text = to_utf16(route.string.text.reveal());
    const SQLRETURN result = ::SQLDriverConnectW(handles_->connection, nullptr, sql_text(text),
                                                 static_cast<SQLSMALLINT>(text.size()), nullptr, 0,
                                                 nullptr, SQL_DRIVER_NOPROMPT);
    ::explicit_bzero(text.data(), text.size() * sizeof(char16_t));
    handles_->connected = SQL_SUCCEEDED(result);
    return handles_->connected;
}

OdbcNumbers OdbcSession::numbers() const {
    const bool known = dialect_of(*question_.target) == DbKind::sqlserver;
    return known ? OdbcNumbers::sql_server : OdbcNumbers::unknown;
}

/// The driver could not connect: by the server's words if it had any, else by going the same way.
bool OdbcSession::explain(const OdbcRoute& route, MonoTime limit) {
    const std::vector<OdbcRecord> records = records_of(SQL_HANDLE_DBC, handles_->connection);
    const DbTarget& target = *question_.target;
    if (driver_missing(records) && out_of_descriptors()) {
        return fail({Phase::connect, ReasonCode::no_descriptors, 0, {}});
    }
    const bool clear = server_answered(records, numbers()) || driver_missing(records);
    if (!clear && !route.addresses.empty() && target.port != 0) {
        TdsPeer peer;
        peer.addresses = route.addresses;
        peer.port = target.port;
        peer.host = target.host;
        peer.mode = target.tls_mode;
        peer.ca_file = target.tls.ca_file;
        peer.tds = speaks_tds(target);
        // A driver that used all of its time up has left none: a little is enough for the phase.
        const MonoTime enough = std::max(limit, BootClock::now() + kGlance);
        TdsGlance glance(std::move(peer), std::min(question_.deadline, enough));
        if (std::optional<Reason> reason = glance.look()) return fail(*std::move(reason));
    }
    return fail(classify(records, numbers(), Phase::login, records.size() > 1));
}

void OdbcSession::describe_server() {
    const auto info = [this](SQLUSMALLINT what) {
        std::array<SQLWCHAR, 256> text{};
        SQLSMALLINT size = 0;
        const auto bytes = static_cast<SQLSMALLINT>(sizeof text);
        const SQLRETURN result =
            ::SQLGetInfoW(handles_->connection, what, text.data(), bytes, &size);
        return SQL_SUCCEEDED(result) ? text_in(text) : std::string();
    };
    const std::string name = info(SQL_DBMS_NAME);
    const std::string version = info(SQL_DBMS_VER);
    answer_.server_version = shorten(name + (version.empty() ? "" : " ") + version, kMaxServerText);
    // Which version, drivers do not tell.
    if (question_.target->tls_mode >= DbTlsMode::require) answer_.tls_version = "TLS";
}

void OdbcSession::ask() {
    phase_ = Phase::query;
    // Neither is known to every driver. Nothing is ever committed.
    handles_->set(SQL_ATTR_ACCESS_MODE, SQL_MODE_READ_ONLY);
    handles_->set(SQL_ATTR_AUTOCOMMIT, SQL_AUTOCOMMIT_OFF);
    SQLHSTMT statement = SQL_NULL_HSTMT;
    if (!SQL_SUCCEEDED(::SQLAllocHandle(SQL_HANDLE_STMT, handles_->connection, &statement))) {
        const auto records = records_of(SQL_HANDLE_DBC, handles_->connection);
        fail(classify(records, numbers(), Phase::query, broken()));
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        statement_ = statement;
    }
    ::SQLSetStmtAttr(statement, SQL_ATTR_QUERY_TIMEOUT,
                     sql_number(seconds_until(question_.deadline)), SQL_IS_UINTEGER);
    if (execute() && read()) expect_end();
    {
        const std::lock_guard lock(mutex_);
        statement_ = nullptr;
    }
    // Rows that nobody reads would stand in the way of the rollback.
    if (capped_) ::SQLCancel(statement);
    ::SQLFreeHandle(SQL_HANDLE_STMT, statement);
}

bool OdbcSession::execute() {
    const MonoTime sent = BootClock::now();
    const std::string& configured = question_.target->query;
    std::u16string query = to_utf16(configured.empty() ? kDefaultQuery : configured);
    const SQLRETURN result = ::SQLExecDirectW(statement_, sql_text(query), SQL_NTS);
    answer_.timings.ttfb = BootClock::now() - sent;
    if (!SQL_SUCCEEDED(result) && result != SQL_NO_DATA) return fail_statement();
    ::SQLNumResultCols(statement_, &columns_);
    if (columns_ > 0) return true;
    return fail({Phase::query, ReasonCode::query_not_reading, 0, {}});
}

bool OdbcSession::read() {
    const MonoTime began = BootClock::now();
    piece_.resize(kPiece);
    std::uint64_t bytes = 0;
    for (;;) {
        const SQLRETURN result = ::SQLFetch(statement_);
        answer_.timings.transfer = BootClock::now() - began;
        if (result == SQL_NO_DATA) return true;
        if (!SQL_SUCCEEDED(result)) return fail_statement();
        if (!read_row(bytes)) return false;
        ++answer_.result.rows;
        if (answer_.result.rows == kMaxDbRows || bytes >= kMaxDbBytes) {
            capped_ = answer_.result.capped = true;
            return true;
        }
    }
}

bool OdbcSession::read_row(std::uint64_t& bytes) {
    for (SQLUSMALLINT column = 1; column <= columns_ && bytes < kMaxDbBytes; ++column) {
        if (!read_column(column, bytes)) return false;
    }
    return true;
}

/// Adds the size of a column; keeps the first one of the first row.
bool OdbcSession::read_column(SQLUSMALLINT column, std::uint64_t& bytes) {
    const bool first = column == 1 && answer_.result.rows == 0;
    std::u16string value;
    bool null = false;
    for (bool more = true; more && bytes < kMaxDbBytes;) {
        SQLLEN size = 0;
        const SQLRETURN result =
            ::SQLGetData(statement_, column, SQL_C_WCHAR, piece_.data(),
                         static_cast<SQLLEN>(piece_.size() * sizeof(char16_t)), &size);
        if (result == SQL_NO_DATA) break;
        if (!SQL_SUCCEEDED(result)) return fail_statement();
        null = size == SQL_NULL_DATA;
        if (null) break;
        const std::size_t most = piece_.size() - 1;  // a zero ends it
        const std::size_t units = size < 0 ? most : static_cast<std::size_t>(size) / 2;
        more = size < 0 || units > most;
        const std::size_t got = std::min(units, most);
        bytes += got;
        if (first && value.size() <= kMaxDbValue) value.append(piece_, 0, got);
    }
    if (first && !null) {
        answer_.result.value = from_utf16(value);
        cut_value(*answer_.result.value);
    }
    return true;
}

/// Behind the rows there must be nothing more.
bool OdbcSession::expect_end() {
    if (capped_) return true;
    const SQLRETURN result = ::SQLMoreResults(statement_);
    if (result == SQL_NO_DATA) return true;
    if (!SQL_SUCCEEDED(result)) return fail_statement();
    capped_ = true;
    return fail({Phase::query, ReasonCode::query_not_reading, 0, {}});
}

/// True if the driver says that the connection has gone.
bool OdbcSession::broken() {
    SQLUINTEGER dead = SQL_CD_FALSE;
    const SQLRETURN result =
        ::SQLGetConnectAttr(handles_->connection, SQL_ATTR_CONNECTION_DEAD, &dead, 0, nullptr);
    return SQL_SUCCEEDED(result) && dead == SQL_CD_TRUE;
}

bool OdbcSession::fail_statement() {
    const auto records = records_of(SQL_HANDLE_STMT, statement_);
    return fail(classify(records, numbers(), Phase::query, broken()));
}

void OdbcSession::cancel() {
    const std::lock_guard lock(mutex_);
    if (statement_ != nullptr) ::SQLCancel(statement_);
}

/// A connection that is in doubt is only closed, which the server takes for a rollback.
void OdbcSession::close() {
    if (!handles_) return;
    if (handles_->connected) ::SQLEndTran(SQL_HANDLE_DBC, handles_->connection, SQL_ROLLBACK);
    handles_.reset();
}

}  // namespace vigia
