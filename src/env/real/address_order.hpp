#pragma once

#include <boost/asio/ip/address.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vigia {

/// Where a name leads: at least one address, the one to try first in front.
struct AddressList {
    std::vector<boost::asio::ip::address> addresses;
    std::string joined;  ///< "192.0.2.1,[2001:db8::1]", as libcurl wants them
};

/// Puts the addresses of one name in the order in which to try them, without repeats and at most
/// sixteen. Where both families are present this asks the routing table (nothing is sent): a
/// family that this machine cannot reach is left out as long as the other one can be, so that its
/// "network unreachable" never hides what the reachable addresses say; if both can be reached,
/// IPv6 goes first, unless our own address for it is a local one (after RFC 6724, rules 1, 2, 5).
void order_addresses(std::vector<boost::asio::ip::address>& addresses);

/// "192.0.2.1,[2001:db8::1]".
std::string join_addresses(const std::vector<boost::asio::ip::address>& addresses);

/// An IP literal, IPv6 with or without brackets; nothing for a name.
std::optional<boost::asio::ip::address> literal_address(std::string_view host);

/// The addresses in their order.
std::shared_ptr<const AddressList> make_address_list(
    std::vector<boost::asio::ip::address> addresses);

}  // namespace vigia
