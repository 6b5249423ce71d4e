#pragma once

#include "base/time.hpp"
#include "core/database.hpp"
#include "core/reason.hpp"
#include "env/real/descriptor.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vigia {

/// Whom to look at, and what must hold of its TLS.
struct TdsPeer {
    std::vector<std::string> addresses;  ///< IP literals, tried in order
    std::uint16_t port = 0;
    std::string host;  ///< that the certificate must be for
    DbTlsMode mode = DbTlsMode::prefer;
    std::string ca_file;
    bool tds = true;  ///< speaks PRELOGIN; otherwise only the connection is looked at
};

/// Goes the way to a SQL Server that its driver has failed to go, up to the login and without one,
/// to say what drivers do not: how far one comes, and what is wrong with the certificate. FreeTDS
/// has "Unable to connect to data source" for most of it.
/// Blocks, at most until its deadline. One thread; `phase()` may be called from any.
class TdsGlance {
public:
    TdsGlance(TdsPeer peer, MonoTime deadline);
    ~TdsGlance();
    TdsGlance(const TdsGlance&) = delete;
    TdsGlance& operator=(const TdsGlance&) = delete;

    /// Why one does not come as far as the login; nothing if one does. Once.
    std::optional<Reason> look();

    /// How far it has come: connect, tls, login.
    Phase phase() const { return phase_.load(); }

private:
    struct Tls;

    bool fail(ReasonCode code, std::string detail = {});
    bool fail_by_errno(int error);
    bool wait(short events);
    bool connect();
    bool connect_to(const std::string& address);
    bool send(const std::string& bytes);
    bool receive(std::size_t size, std::string& bytes);
    bool receive_packet(std::uint8_t type, std::string& payload);
    bool prelogin();
    bool handshake();
    bool step(Tls& tls);
    bool verify(Tls& tls);

    const TdsPeer peer_;
    const MonoTime deadline_;
    std::atomic<Phase> phase_{Phase::connect};
    Descriptor socket_;
    int encryption_ = 0;  ///< the server's answer
    std::optional<Reason> failure_;
};

}  // namespace vigia
