#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vigia {

// What the system's files say of the way out. What cannot be understood is left out.

/// The default gateways in a text like /proc/net/route: "192.0.2.1".
std::vector<std::string> ipv4_gateways(std::string_view table);

/// The default gateways in a text like /proc/net/ipv6_route: "2001:db8::1", "fe80::1%eth0".
std::vector<std::string> ipv6_gateways(std::string_view table);

/// The first three name servers, as many as resolvers look at, in a text like /etc/resolv.conf.
std::vector<std::string> name_servers(std::string_view text);

}  // namespace vigia
