#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>

namespace vigia::test {

/// What befalls a conversation with PostgreSQL.
struct PgFault {
    enum class Kind : std::uint8_t {
        hang,     ///< silence from here on
        reset,    ///< RST to both ends
        close,    ///< an orderly end
        garbage,  ///< bytes that are no message, then silence
        halve,    ///< half of the message, then an orderly end
    };
    char before = 0;  ///< the server's first message of this type is not passed on: 'R', 'K', 'T'
    Kind kind = Kind::hang;
};

/// Stands before a PostgreSQL server on 127.0.0.1, passes unencrypted conversations on message by
/// message, and lets one fault befall each. Runs on the loop of what is tested.
class PgGate {
public:
    PgGate(boost::asio::io_context& io, std::uint16_t server_port, PgFault fault);
    ~PgGate();
    PgGate(const PgGate&) = delete;
    PgGate& operator=(const PgGate&) = delete;

    std::uint16_t port() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace vigia::test
