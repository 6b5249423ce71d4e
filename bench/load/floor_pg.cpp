// The floor of PostgreSQL checks: a connection, SELECT 1 and its answer through bare non-blocking
// libpq on poll().
//
// usage: bench_floor_pg CONNECTION-STRING CHECKS IN-FLIGHT

#include "bench/load/poll_loop.hpp"

#include <libpq-fe.h>

namespace {

/// One check, which owns its connection.
class Conversation {
public:
    explicit Conversation(const char* target) : connection_(::PQconnectStart(target)) {}

    int descriptor() const { return ::PQsocket(connection_.get()); }
    short events() const { return events_; }

    bool advance(short /*seen*/) { return connected_ ? receive() : connect(); }

    std::string failure() const {
        return answered_ ? std::string() : ::PQerrorMessage(connection_.get());
    }

private:
    struct Finish {
        void operator()(PGconn* connection) const { ::PQfinish(connection); }
    };

    bool connect() {
        switch (::PQconnectPoll(connection_.get())) {
            case PGRES_POLLING_READING:
                events_ = POLLIN;
                return true;
            case PGRES_POLLING_WRITING:
                events_ = POLLOUT;
                return true;
            case PGRES_POLLING_OK:
                connected_ = true;
                events_ = POLLIN;
                // So short a question always fits into an empty socket buffer.
                return ::PQsetnonblocking(connection_.get(), 1) == 0 &&
                       ::PQsendQuery(connection_.get(), "SELECT 1") == 1 &&
                       ::PQflush(connection_.get()) == 0;
            default:
                return false;
        }
    }

    bool receive() {
        if (::PQconsumeInput(connection_.get()) == 0) return false;
        while (::PQisBusy(connection_.get()) == 0) {
            PGresult* const result = ::PQgetResult(connection_.get());
            if (result == nullptr) return false;
            answered_ = ::PQresultStatus(result) == PGRES_TUPLES_OK;
            ::PQclear(result);
        }
        return true;
    }

    std::unique_ptr<PGconn, Finish> connection_;
    short events_ = POLLOUT;
    bool connected_ = false;
    bool answered_ = false;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const auto start = [target = argv[1]] { return std::make_unique<Conversation>(target); };
    bench::hold_conversations(start, std::stoull(argv[2]), std::stoull(argv[3]));
}
