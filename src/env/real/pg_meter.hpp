#pragma once

#include "env/real/descriptor.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace vigia {

/// Stands between libpq and its socket. libpq reads a long message within one call for as long as
/// more of it comes: a gigabyte of memory, and the loop stands still. So its descriptor becomes one
/// end of a socket pair; from the other end this carries bytes to the socket and back, what comes
/// by one portion at a time, and the next one only when libpq has taken the last. No call of
/// libpq's takes long then, and what came is counted. (A small receive buffer does not help: libpq
/// is as fast as the server.)
///
/// libpq may close its descriptor, and connect another one, which this does not follow: send()
/// tells. Destroying this closes the connection. Nothing waits here. One thread; libpq's end may be
/// in use on another meanwhile.
class PgMeter {
public:
    /// The most that comes at a time; as much as libpq's buffer takes, and a record of TLS.
    static constexpr std::size_t kPortion = std::size_t{16} * 1024;

    /// Takes the place of the connected socket at `descriptor`, whose number the end for libpq then
    /// has. Null: there is no descriptor or no memory for it; `errno` says it.
    static std::unique_ptr<PgMeter> insert(int descriptor);

    /// The socket, to be watched for wanted(). Calls of receive() belong to its being readable.
    int socket() const { return socket_.get(); }
    unsigned wanted(unsigned events) const;

    /// What of `events` (PollSet's) libpq's end is ready for, without a look at the socket.
    unsigned ready(unsigned events);

    /// Passes on what libpq has written, as far as the socket takes it. False: libpq has closed its
    /// end.
    bool send();

    /// Passes a portion on to libpq. To be called when ready(kRead) is none.
    void receive();

    /// How much has come, as it came over the wire.
    std::size_t received() const { return received_; }

    /// What broke the connection; zero: nothing did, or it ended in order. libpq sees its end.
    int os_errno() const { return os_errno_; }

private:
    PgMeter(Descriptor socket, Descriptor ours, int theirs);
    bool has_unread() const;
    void deliver();
    void end();

    Descriptor socket_;
    Descriptor ours_;
    int theirs_;            // libpq's
    std::string incoming_;  // what the pair had no room for
    std::string outgoing_;  // what the socket had no room for
    std::size_t received_ = 0;
    int os_errno_ = 0;
    bool ended_ = false;
};

}  // namespace vigia
