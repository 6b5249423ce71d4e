#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace vigia::test {

/// What befalls a conversation with a database.
enum class GateFault : std::uint8_t {
    hang,     ///< silence from here on
    reset,    ///< RST to both ends
    close,    ///< an orderly end
    garbage,  ///< bytes that are no message, then an orderly end
    halve,    ///< half of the message, then an orderly end
};

/// "row: half of it", as docs/databases.md names what comes in place of a message.
std::string name_of_fault(const std::string& message, GateFault fault);

/// Stands before a server on 127.0.0.1, passes unencrypted conversations on message by message, and
/// lets one fault befall each. Runs on the loop of what is tested.
class DbGate {
public:
    /// How a server's messages begin: a header, and how long the message is with it.
    struct Framing {
        std::size_t header;
        std::size_t (*size)(const std::string& header);
    };
    /// True for the message that is not passed on; told how many were before it.
    using Chosen = std::function<bool(const std::string& message, int passed)>;

    DbGate(boost::asio::io_context& io, std::uint16_t server_port, const Framing& framing,
           Chosen chosen, GateFault fault);
    ~DbGate();
    DbGate(const DbGate&) = delete;
    DbGate& operator=(const DbGate&) = delete;

    std::uint16_t port() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

struct PgFault {
    using Kind = GateFault;
    char before = 0;  ///< the server's first message of this type is not passed on: 'R', 'K', 'T'
    Kind kind = Kind::hang;
    const char* holding = "";  ///< the first one that holds this
};

class PgGate : public DbGate {
public:
    PgGate(boost::asio::io_context& io, std::uint16_t server_port, PgFault fault);
};

struct MysqlFault {
    using Kind = GateFault;
    int before = 0;  ///< so many packets of the server's are passed on: 0, and the greeting is not
    Kind kind = Kind::hang;
};

class MysqlGate : public DbGate {
public:
    MysqlGate(boost::asio::io_context& io, std::uint16_t server_port, MysqlFault fault);
};

}  // namespace vigia::test
