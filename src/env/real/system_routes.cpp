#include "env/real/system_routes.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <cstdint>
#include <net/route.h>
#include <optional>

namespace vigia {

namespace ip = boost::asio::ip;

namespace {

std::vector<std::string_view> words_of(std::string_view line) {
    constexpr std::string_view kBlanks = " \t\r";
    std::vector<std::string_view> words;
    while (true) {
        const std::size_t begin = line.find_first_not_of(kBlanks);
        if (begin == std::string_view::npos) return words;
        line.remove_prefix(begin);
        const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
        words.push_back(word);
        line.remove_prefix(word.size());
    }
}

/// Calls `use(words)` for each line.
template <class Use>
void each_line(std::string_view text, Use use) {
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        use(words_of(line));
    }
}

std::optional<std::uint32_t> hexadecimal(std::string_view text) {
    constexpr int kBase = 16;
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, kBase);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool leads_to_a_gateway(std::string_view flags) {
    constexpr std::uint32_t kWanted = RTF_UP | RTF_GATEWAY;
    return (hexadecimal(flags).value_or(0) & kWanted) == kWanted;
}

bool all_zero(std::string_view digits) {
    return std::ranges::all_of(digits, [](char c) { return c == '0'; });
}

std::optional<ip::address_v6> ipv6_of_digits(std::string_view digits) {
    ip::address_v6::bytes_type bytes{};
    if (digits.size() != 2 * bytes.size()) return std::nullopt;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto byte = hexadecimal(digits.substr(2 * i, 2));
        if (!byte) return std::nullopt;
        bytes[i] = static_cast<unsigned char>(*byte);
    }
    return ip::address_v6(bytes);
}

}  // namespace

std::vector<std::string> ipv4_gateways(std::string_view table) {
    // Iface Destination Gateway Flags RefCnt Use Metric Mask …, addresses as the machine holds
    // them.
    enum Column { destination = 1, gateway, flags, mask = 7, columns };
    std::vector<std::string> gateways;
    each_line(table, [&](const std::vector<std::string_view>& words) {
        if (words.size() < columns || !leads_to_a_gateway(words[flags])) return;
        if (!all_zero(words[destination]) || !all_zero(words[mask])) return;
        const auto address = hexadecimal(words[gateway]);
        if (!address) return;
        std::array<unsigned char, 4> bytes{};
        static_assert(sizeof bytes == sizeof *address);
        std::copy_n(reinterpret_cast<const unsigned char*>(&*address), bytes.size(), bytes.begin());
        gateways.push_back(ip::address_v4(bytes).to_string());
    });
    return gateways;
}

std::vector<std::string> ipv6_gateways(std::string_view table) {
    // Destination its-prefix Source its-prefix Next-hop Metric RefCnt Use Flags Iface.
    enum Column { destination, prefix, next_hop = 4, flags = 8, interface, columns };
    std::vector<std::string> gateways;
    each_line(table, [&](const std::vector<std::string_view>& words) {
        if (words.size() < columns || !leads_to_a_gateway(words[flags])) return;
        if (!all_zero(words[destination]) || !all_zero(words[prefix])) return;
        const auto address = ipv6_of_digits(words[next_hop]);
        if (!address || address->is_unspecified()) return;
        std::string text = address->to_string();
        if (address->is_link_local()) text.append("%").append(words[interface]);
        gateways.push_back(std::move(text));
    });
    return gateways;
}

std::vector<std::string> name_servers(std::string_view text) {
    constexpr std::size_t kMost = 3;
    std::vector<std::string> servers;
    each_line(text, [&](const std::vector<std::string_view>& words) {
        if (words.size() < 2 || words[0] != "nameserver" || servers.size() == kMost) return;
        servers.emplace_back(words[1]);
    });
    return servers;
}

}  // namespace vigia
