#pragma once

#include "base/time.hpp"

#include <ares.h>
#include <boost/asio/ip/address.hpp>
#include <string>
#include <vector>

namespace vigia {

struct AresOptions {
    int flags = 0;              ///< ARES_FLAG_…
    const char* lookups = "b";  ///< "b" DNS, "f" /etc/hosts
    std::string servers;        ///< "127.0.0.1:5353,…"; empty: those of /etc/resolv.conf
    Duration try_timeout{};
    int tries = 1;
};

/// Told by a channel about its sockets. Called from within c-ares.
class AresSockets {
public:
    virtual ~AresSockets() = default;
    /// Watch `fd` for this from now on; neither: not at all, it is about to be closed.
    virtual void socket_state(int fd, bool readable, bool writable) = 0;
    /// A socket was opened (0), or could not be (errno).
    virtual void socket_opened(int error) = 0;
};

/// What ares_getaddrinfo() wants to know: no sorting, both families with AF_UNSPEC.
ares_addrinfo_hints hints_for(int family);

/// Adds the addresses of an answer, as they came.
void append_addresses(const ares_addrinfo* info, std::vector<boost::asio::ip::address>& to);

/// The servers have said how it is: there are addresses, or none, or no such name.
bool is_proper_answer(int status);

/// The servers cannot or will not say.
bool is_refusal(int status);

/// A c-ares channel. Its sockets are non-blocking and closed on exec. Destroying it ends what is
/// under way with ARES_EDESTRUCTION, synchronously. One thread; `sockets` must outlive it.
class AresChannel {
public:
    /// Throws FatalError if `servers` cannot be understood or c-ares does not start.
    AresChannel(const AresOptions& options, AresSockets& sockets);
    ~AresChannel();
    AresChannel(const AresChannel&) = delete;
    AresChannel& operator=(const AresChannel&) = delete;

    ares_channel get() const { return channel_; }
    int server_count() const;

private:
    ares_channel channel_ = nullptr;
};

}  // namespace vigia
