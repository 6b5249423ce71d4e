#pragma once

#include "base/time.hpp"
#include "core/reason.hpp"
#include "env/clock.hpp"
#include "env/real/address_order.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vigia {

/// What a lookup came to. `addresses` is set if and only if `failure` is `none`.
struct Resolution {
    ReasonCode failure = ReasonCode::none;
    std::shared_ptr<const AddressList> addresses;
};

struct ResolverOptions {
    std::string servers;  ///< "127.0.0.1:5353,[::1]:53"; empty: those of the system
    std::size_t cache_capacity = 4096;
    std::size_t max_lookups = 4096;  ///< under way at once; one more fails as `no_buffers`
    Duration min_ttl = std::chrono::seconds(1);
    Duration max_ttl = std::chrono::seconds(60);
    Duration try_timeout = std::chrono::seconds(2);  ///< of the first try, longer for the next
    int tries = 3;
};

/// VIGIA_RESOLVER, or empty. Read once, by whoever builds the Resolver.
std::string resolver_servers_from_environment();

/// Turns host names into addresses with c-ares, without ever blocking the loop: /etc/hosts, then
/// DNS (A and AAAA side by side). Good answers are cached for their TTL, within bounds; failures
/// are not. Callers of one name share one lookup. A changed /etc/resolv.conf is noticed.
/// One per shard; one thread; `context` and `clock` must outlive it, and it every resolve().
///
/// Failures, as PRODUCT §4 wants them told apart:
///   name_not_found        NXDOMAIN, or a name that cannot exist
///   name_no_address       the name exists, without A or AAAA
///   name_server_failure   SERVFAIL, while another name was answered in the last minute
///   timeout               no answer by the deadline, while another name was answered since it was
///                         asked: somebody else's, or a control question that silence sets off
///   resolver_dead         no server answers anything
///   no_descriptors, no_buffers   ours
class Resolver {
public:
    Resolver(boost::asio::io_context& context, Clock& clock, ResolverOptions options);
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    /// An IP literal (IPv6 with or without brackets) or a cached name, without waiting; otherwise
    /// null.
    std::shared_ptr<const AddressList> known(std::string_view name);

    /// Looks `name` (ASCII, an IDN already in its ACE form) up; over by `deadline`. Cancelled: any
    /// failure.
    boost::asio::awaitable<Resolution> resolve(std::string name, MonoTime deadline);

    std::size_t cached_names() const;
    std::size_t pending_lookups() const;

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace vigia
