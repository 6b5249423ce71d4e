#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>

namespace vigia::test {

/// What befalls a conversation with MariaDB or MySQL.
struct MysqlFault {
    enum class Kind : std::uint8_t {
        hang,     ///< silence from here on
        reset,    ///< RST to both ends
        close,    ///< an orderly end
        garbage,  ///< bytes that are no packet, then an orderly end
        halve,    ///< half of the packet, then an orderly end
    };
    int before = 0;  ///< so many packets of the server's are passed on: 0, and the greeting is not
    Kind kind = Kind::hang;
};

/// Stands before a server on 127.0.0.1, passes unencrypted conversations on, and lets one fault
/// befall each. Runs on the loop of what is tested.
class MysqlGate {
public:
    MysqlGate(boost::asio::io_context& io, std::uint16_t server_port, MysqlFault fault);
    ~MysqlGate();
    MysqlGate(const MysqlGate&) = delete;
    MysqlGate& operator=(const MysqlGate&) = delete;

    std::uint16_t port() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace vigia::test
