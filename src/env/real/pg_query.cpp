// PgSession, once the connection is open: the question and its answer.

#include "env/real/pg_glance.hpp"
#include "env/real/pg_session.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fmt/format.h>
#include <string_view>
#include <utility>

namespace vigia {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

constexpr int kChecksItsClients = 140'000;  // PQserverVersion() from which on servers can
constexpr Duration kNear = 100ms;
constexpr std::size_t kMostOfRow = 2 * kMaxDbBytes;            // and of what precedes it
constexpr std::size_t kMostOfAnswer = std::size_t{64} * 1024;  // to a question of our own

std::string_view field(const PGresult* result, int code) {
    const char* const text = ::PQresultErrorField(result, code);
    return text != nullptr ? std::string_view(text) : std::string_view();
}

/// True if the server does not know one of the settings, or not on its platform.
bool is_setting_refused(const PGresult* result) {
    const std::string_view state = field(result, PG_DIAG_SQLSTATE);
    return state == "42704" || state == "22023" || state == "0A000";
}

bool is_error(const PGresult* result) {
    const ExecStatusType status = ::PQresultStatus(result);
    return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE;
}

/// What nobody listens for would be kept.
void drop_notifications(PGconn* connection) {
    while (PGnotify* const notification = ::PQnotifies(connection)) ::PQfreemem(notification);
}

}  // namespace

/// The statements before a configured query. The server ends it when our deadline passes, and, if
/// it is able to look, soon after we are gone.
std::string PgSession::frame(bool complete, MonoTime deadline) const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now());
    const std::int64_t limit_ms = std::max<std::int64_t>(1, left.count());
    std::string text = fmt::format("{}BEGIN READ ONLY; SET LOCAL statement_timeout = {}",
                                   complete ? "" : "ROLLBACK; ", limit_ms);
    if (!complete) return text;
    text += fmt::format(
        "; SET LOCAL lock_timeout = {0}; SET LOCAL idle_in_transaction_session_timeout = {0}",
        limit_ms);
    if (::PQserverVersion(connection_.get()) >= kChecksItsClients) {
        text += "; SET LOCAL client_connection_check_interval = 500";
    }
    return text;
}

asio::awaitable<bool> PgSession::flush(MonoTime deadline) {
    for (;;) {
        errno = 0;
        const int left = ::PQflush(connection_.get());
        if (left == 0) co_return true;
        if (left < 0) {
            note_errno(errno);
            co_return fail_by_facts();
        }
        const bool is_ready = co_await wait(PollSet::kRead | PollSet::kWrite, deadline);
        if (!is_ready) co_return false;
        if ((ready_events_ & PollSet::kRead) == 0) continue;
        if (!look(PollSet::kRead) || ::PQconsumeInput(connection_.get()) == 0) {
            co_return answer_.failure ? false : fail_by_facts();
        }
    }
}

asio::awaitable<PgResult> PgSession::next_result(MonoTime deadline) {
    while (::PQisBusy(connection_.get()) != 0) {
        const bool is_ready = co_await wait(PollSet::kRead, deadline);
        if (!is_ready || !look(PollSet::kRead)) co_return nullptr;
        errno = 0;
        if (::PQconsumeInput(connection_.get()) == 0) {
            note_errno(errno);
            fail_by_facts();
            co_return nullptr;
        }
        drop_notifications(connection_.get());
    }
    expect(limit_);
    co_return PgResult(::PQgetResult(connection_.get()));
}

asio::awaitable<PgSession::Frame> PgSession::enter_read_only(bool complete, MonoTime deadline) {
    expect(kMostOfAnswer);
    const std::string text = frame(complete, deadline);
    if (::PQsendQuery(connection_.get(), text.c_str()) == 0) {
        fail_by_facts();
        co_return Frame::failed;
    }
    const bool sent = co_await flush(deadline);
    if (!sent) co_return Frame::failed;
    bool refused = false;
    for (;;) {
        const PgResult result = co_await next_result(deadline);
        if (answer_.failure) co_return Frame::failed;
        if (!result) co_return refused ? Frame::refused : Frame::entered;
        if (!is_error(result.get())) continue;
        if (!complete || !is_setting_refused(result.get())) {
            fail_by(result.get(), deadline);
            co_return Frame::failed;
        }
        refused = true;
    }
}

asio::awaitable<bool> PgSession::ask(MonoTime deadline) {
    PGconn* const connection = connection_.get();
    int accepted = 0;
    if (target_.query.empty()) {
        accepted = ::PQsendQuery(connection, "SELECT 1");
    } else {
        Frame frame = co_await enter_read_only(true, deadline);
        if (frame == Frame::refused) frame = co_await enter_read_only(false, deadline);
        if (frame != Frame::entered) co_return false;
        // The extended protocol takes one statement, and no more.
        accepted = ::PQsendQueryParams(connection, target_.query.c_str(), 0, nullptr, nullptr,
                                       nullptr, nullptr, 0);
    }
    if (accepted == 0) co_return fail_by_facts();
    expect(target_.query.empty() ? kMostOfAnswer : kMostOfRow);
    ::PQsetSingleRowMode(connection);
    const bool sent = co_await flush(deadline);
    if (!sent) co_return false;
    asked_ = now();
    const bool good = co_await read_rows(deadline);
    const MonoTime end = now();
    if (first_row_ == MonoTime{}) first_row_ = end;
    answer_.timings.ttfb = first_row_ - asked_;
    answer_.timings.transfer = end - first_row_;
    co_return good;
}

asio::awaitable<bool> PgSession::read_rows(MonoTime deadline) {
    for (;;) {
        const PgResult result = co_await next_result(deadline);
        // A row too large to be read, after others: what lies beyond is no failure.
        if (flooded_ && answer_.result.rows > 0) {
            answer_.failure.reset();
            answer_.result.capped = true;
            co_return true;
        }
        if (answer_.failure) co_return false;
        if (first_row_ == MonoTime{}) first_row_ = now();
        if (!result) co_return fail(ReasonCode::protocol_error, "no answer");
        switch (::PQresultStatus(result.get())) {
            case PGRES_SINGLE_TUPLE:
                if (take_rows(result.get())) break;
                co_return true;
            case PGRES_TUPLES_OK:
                co_return true;
            case PGRES_COMMAND_OK:
            case PGRES_EMPTY_QUERY:
                co_return fail(target_.query.empty() ? ReasonCode::protocol_error
                                                     : ReasonCode::query_not_reading);
            case PGRES_COPY_OUT:
            case PGRES_COPY_IN:
            case PGRES_COPY_BOTH:
                co_return fail(ReasonCode::query_failed, "COPY");
            default:
                co_return fail_by(result.get(), deadline);
        }
    }
}

/// False if that is enough.
bool PgSession::take_rows(const PGresult* result) {
    DbResult& kept = answer_.result;
    const int columns = ::PQnfields(result);
    if (kept.rows == 0 && columns > 0 && ::PQgetisnull(result, 0, 0) == 0) {
        const auto size = static_cast<std::size_t>(::PQgetlength(result, 0, 0));
        kept.value = std::string(::PQgetvalue(result, 0, 0), std::min(size, kMaxDbValue));
    }
    for (int column = 0; column < columns; ++column) {
        bytes_ += static_cast<std::size_t>(::PQgetlength(result, 0, column));
    }
    ++kept.rows;
    kept.capped = kept.rows == kMaxDbRows || bytes_ >= kMaxDbBytes;
    return !kept.capped;
}

/// For the error of a result.
bool PgSession::fail_by(const PGresult* result, MonoTime deadline) {
    const std::string_view text = field(result, PG_DIAG_MESSAGE_PRIMARY);
    facts_.server.sqlstate = field(result, PG_DIAG_SQLSTATE);
    facts_.server.text = text.substr(0, text.find('\n'));
    facts_.server.source_function = field(result, PG_DIAG_SOURCE_FUNCTION);
    facts_.deadline_near = now() + kNear >= deadline;
    facts_.phase = phase_;
    facts_.message = own_words(::PQresultErrorMessage(result));
    answer_.failure = classify(facts_);
    return false;
}

}  // namespace vigia
