#include "env/real/address_order.hpp"

#include "env/real/descriptor.hpp"

#include <algorithm>
#include <boost/asio/ip/udp.hpp>
#include <cstddef>
#include <optional>
#include <sys/socket.h>
#include <utility>

namespace vigia {

namespace ip = boost::asio::ip;

namespace {

constexpr std::size_t kMaxAddresses = 16;

/// The address that packets to `destination` would leave from; none if there is no route.
std::optional<ip::address> source_for(const ip::address& destination) {
    const int family = destination.is_v6() ? AF_INET6 : AF_INET;
    const Descriptor socket(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return std::nullopt;
    const ip::udp::endpoint remote(destination, 9);
    if (::connect(socket.get(), remote.data(), static_cast<socklen_t>(remote.size())) != 0) {
        return std::nullopt;
    }
    ip::udp::endpoint local(destination.is_v6() ? ip::udp::v6() : ip::udp::v4(), 0);
    auto size = static_cast<socklen_t>(local.capacity());
    if (::getsockname(socket.get(), local.data(), &size) != 0) return std::nullopt;
    local.resize(size);
    return local.address();
}

bool is_unique_local(const ip::address_v6& address) {
    return (address.to_bytes()[0] & 0xfeU) == 0xfcU;
}

bool is_local(const ip::address_v6& address) {
    return address.is_loopback() || address.is_link_local() || is_unique_local(address);
}

/// True if IPv6 should be tried before IPv4, given where its packets would leave from.
bool prefer_v6(const ip::address_v6& destination, const ip::address_v6& source) {
    return is_local(destination) || !is_local(source);
}

const ip::address* first_of_family(const std::vector<ip::address>& addresses, bool v6) {
    const auto found = std::find_if(addresses.begin(), addresses.end(),
                                    [v6](const ip::address& one) { return one.is_v6() == v6; });
    return found == addresses.end() ? nullptr : &*found;
}

}  // namespace

void order_addresses(std::vector<ip::address>& addresses) {
    std::vector<ip::address> unique;
    for (const ip::address& one : addresses) {
        if (std::find(unique.begin(), unique.end(), one) == unique.end()) unique.push_back(one);
    }
    addresses = std::move(unique);

    const ip::address* const v6 = first_of_family(addresses, true);
    const ip::address* const v4 = first_of_family(addresses, false);
    if (v6 != nullptr && v4 != nullptr) {
        const std::optional<ip::address> v6_source = source_for(*v6);
        const std::optional<ip::address> v4_source = source_for(*v4);
        const bool v6_first =
            v6_source && (!v4_source || prefer_v6(v6->to_v6(), v6_source->to_v6()));
        const auto middle = std::stable_partition(
            addresses.begin(), addresses.end(),
            [v6_first](const ip::address& one) { return one.is_v6() == v6_first; });
        if (v6_source.has_value() != v4_source.has_value()) {
            addresses.erase(middle, addresses.end());
        }
    }
    if (addresses.size() > kMaxAddresses) addresses.resize(kMaxAddresses);
}

std::string join_addresses(const std::vector<ip::address>& addresses) {
    std::string joined;
    for (const ip::address& one : addresses) {
        if (!joined.empty()) joined += ',';
        joined += one.is_v6() ? '[' + one.to_string() + ']' : one.to_string();
    }
    return joined;
}

std::optional<boost::asio::ip::address> literal_address(std::string_view host) {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    }
    const bool v6 = host.find(':') != std::string_view::npos;
    const bool v4 = host.find_first_not_of("0123456789.") == std::string_view::npos;
    if (!v4 && !v6) return std::nullopt;  // the usual case, without a copy
    boost::system::error_code error;
    const boost::asio::ip::address address =
        boost::asio::ip::make_address(std::string(host), error);
    if (error) return std::nullopt;
    return address;
}

std::shared_ptr<const AddressList> make_address_list(
    std::vector<boost::asio::ip::address> addresses) {
    order_addresses(addresses);
    auto list = std::make_shared<AddressList>();
    list->joined = join_addresses(addresses);
    list->addresses = std::move(addresses);
    return list;
}

}  // namespace vigia
