#pragma once

#include "env/real/descriptor.hpp"
#include "env/real/mysql_frames.hpp"
#include "env/real/tls_stream.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mysql.h>
#include <string>
#include <sys/types.h>

namespace vigia {

/// The way between libmariadb and a server: a socket that we connected, and TLS that we speak on
/// it. libmariadb's own TLS handshake blocks in poll(2) even in its non-blocking calls, verifies
/// the name that was connected to (ours is an address by then), reads the trusted certificates anew
/// for each connection and tells only a text when it refuses one; its own connect asks
/// getaddrinfo(3). So it is given a transport, by the interface of its socket plugin: a table of
/// functions, of which connect() is replaced once for the process. Connections that carry no
/// transport (of a driver that uses the same library) go on as before.
///
/// The login, whose answer may carry the password, is held back until the owner has decided how it
/// goes: as it is, or after the protocol's request for TLS and a handshake.
///
/// Lives beside its MYSQL, which ends first. Never waits. One thread.
class MysqlTransport {
public:
    /// `local`: a Unix socket, which needs no TLS to be private.
    MysqlTransport(Descriptor socket, bool local);
    MysqlTransport(const MysqlTransport&) = delete;
    MysqlTransport& operator=(const MysqlTransport&) = delete;

    /// Once per process, before any thread uses libmariadb: initialises it and takes the place of
    /// its connect(). Throws FatalError if that library is not as expected.
    static void install();

    /// Makes `mysql`, not yet connected, use this transport. False without memory.
    bool attach(MYSQL& mysql);

    int fd() const { return socket_.get(); }
    bool local() const { return local_; }

    /// True once the server has greeted and as long as the login is held back.
    bool holds_login() const { return login_ == Login::held; }
    /// True if the server offers TLS. While the login is held.
    bool offers_tls() const;
    /// Lets the login go as it is.
    void release_login() { login_ = Login::plain; }
    /// Asks the server for TLS. False if that could not be sent (see os_errno()).
    bool request_tls();
    /// Lets the login, and all that follows, go through `tls`, whose handshake is done.
    void release_login(std::unique_ptr<TlsStream> tls);

    /// Every read and write fails from now on; nothing more reaches the server.
    void shut();

    const TlsStream* tls() const { return tls_.get(); }
    /// The errno of what broke the connection, or 0; true if the server ended it.
    int os_errno() const { return os_errno_; }
    bool ended() const { return ended_; }
    /// True if the server began a packet of 16 MiB or more, which is not read.
    bool met_giant() const { return received_.has_giant(); }

private:
    friend struct MysqlTransportMethods;

    static constexpr std::size_t kRequestSize = 36;  // of the request for TLS, header included

    enum class Login : std::uint8_t { none, held, plain, encrypted, gone };

    bool was_told_more() const;
    ssize_t read(unsigned char* buffer, std::size_t size);
    ssize_t write(const unsigned char* buffer, std::size_t size);
    ssize_t write_login(const unsigned char* buffer, std::size_t size);
    ssize_t send(const void* buffer, std::size_t size);
    ssize_t note(ssize_t result);
    ssize_t examine(const unsigned char* bytes, ssize_t size);

    Descriptor socket_;
    bool local_;
    MYSQL* mysql_ = nullptr;
    std::unique_ptr<TlsStream> tls_;
    Login login_ = Login::none;
    std::array<unsigned char, kRequestSize> request_{};
    MysqlFrames sent_;
    MysqlFrames received_;
    bool shut_ = false;
    bool ended_ = false;
    int os_errno_ = 0;
};

}  // namespace vigia
