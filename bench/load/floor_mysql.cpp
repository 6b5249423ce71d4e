// The floor of MariaDB checks: a connection, SELECT 1 and its answer through libmariadb's bare
// non-blocking calls on poll().
//
// usage: bench_floor_mysql PORT DATABASE USER PASSWORD CHECKS IN-FLIGHT TLS CA-FILE
//
// TLS: `disable`, `require` or `verify-full`. libmariadb 3.3 holds the TLS handshake in one go, one
// connection after another. Without a CA file it would read all of the system's each time.

#include "bench/load/poll_loop.hpp"

#include <mysql.h>

namespace {

struct Target {
    unsigned port = 0;
    const char* database = nullptr;
    const char* user = nullptr;
    const char* password = nullptr;
    std::string tls;
    const char* ca_file = nullptr;
};

/// One check, which owns its connection.
class Conversation {
public:
    explicit Conversation(const Target& target) {
        ::mysql_init(&mysql_);
        ::mysql_optionsv(&mysql_, MYSQL_OPT_NONBLOCK, nullptr);
        set_tls(target);
        wants_ =
            ::mysql_real_connect_start(&connected_, &mysql_, "127.0.0.1", target.user,
                                       target.password, target.database, target.port, nullptr, 0);
    }
    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;
    ~Conversation() { ::mysql_close(&mysql_); }

    int descriptor() { return ::mysql_get_socket(&mysql_); }
    short events() const {
        return static_cast<short>(((wants_ & MYSQL_WAIT_READ) != 0 ? POLLIN : 0) |
                                  ((wants_ & MYSQL_WAIT_WRITE) != 0 ? POLLOUT : 0));
    }

    bool advance(short seen) {
        int happened = (seen & (POLLIN | POLLHUP | POLLERR)) != 0 ? MYSQL_WAIT_READ : 0;
        if ((seen & POLLOUT) != 0) happened |= MYSQL_WAIT_WRITE;
        wants_ = go_on(happened);
        while (wants_ == 0) {
            if (!next_step()) return false;
        }
        return true;
    }

    std::string failure() {
        return step_ == Step::answered ? std::string() : std::string(::mysql_error(&mysql_));
    }

private:
    enum class Step { connect, query, store, answered };

    void set_tls(const Target& target) {
        const my_bool encrypts = target.tls != "disable";
        const my_bool verifies = target.tls == "verify-full";
        ::mysql_optionsv(&mysql_, MYSQL_OPT_SSL_ENFORCE, &encrypts);
        ::mysql_optionsv(&mysql_, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verifies);
        if (encrypts != 0) ::mysql_optionsv(&mysql_, MYSQL_OPT_SSL_CA, target.ca_file);
    }

    int go_on(int happened) {
        switch (step_) {
            case Step::connect:
                return ::mysql_real_connect_cont(&connected_, &mysql_, happened);
            case Step::query:
                return ::mysql_real_query_cont(&result_, &mysql_, happened);
            default:
                return ::mysql_store_result_cont(&rows_, &mysql_, happened);
        }
    }

    /// Begins what comes after a call that has ended; false if nothing does.
    bool next_step() {
        constexpr const char kQuery[] = "SELECT 1";
        switch (step_) {
            case Step::connect:
                if (connected_ == nullptr) return false;
                step_ = Step::query;
                wants_ = ::mysql_real_query_start(&result_, &mysql_, kQuery, sizeof kQuery - 1);
                return true;
            case Step::query:
                if (result_ != 0) return false;
                step_ = Step::store;
                wants_ = ::mysql_store_result_start(&rows_, &mysql_);
                return true;
            default:
                if (rows_ != nullptr && ::mysql_num_rows(rows_) == 1) step_ = Step::answered;
                ::mysql_free_result(rows_);
                return false;
        }
    }

    MYSQL mysql_{};
    MYSQL* connected_ = nullptr;
    MYSQL_RES* rows_ = nullptr;
    int result_ = 0;
    int wants_ = 0;
    Step step_ = Step::connect;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 9) return 2;
    const Target target{
        static_cast<unsigned>(std::stoul(argv[1])), argv[2], argv[3], argv[4], argv[7], argv[8]};
    const auto start = [&target] { return std::make_unique<Conversation>(target); };
    bench::hold_conversations(start, std::stoull(argv[5]), std::stoull(argv[6]));
}
