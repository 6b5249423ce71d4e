#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vigia {

/// Why a text is no e-mail address that a mail can be sent to.
enum class EmailFault : std::uint8_t {
    none,
    at_sign,     ///< not exactly one
    characters,  ///< spaces, control characters, brackets, quotes, commas, …
    not_ascii,   ///< needs SMTPUTF8, which few servers speak
    local_part,  ///< empty or too long
    domain,      ///< no host name, and no address in brackets
};

EmailFault check_email(std::string_view address);

/// The same address for the purpose of not sending twice: the domain in lower case.
std::string normalized_email(std::string_view address);

/// An English sentence, a message id.
std::string_view message_of(EmailFault fault);

/// Where a server listens.
struct ListenAddress {
    std::string host;  ///< without brackets
    std::uint16_t port = 0;
    bool loopback = false;
};

/// ADDRESS:PORT, [ADDRESS]:PORT or localhost:PORT; port 0 is any free one. Nothing for the rest.
std::optional<ListenAddress> parse_listen(std::string_view text);

/// A host name or an address, and a port: where something answers.
struct HostAndPort {
    std::string host;  ///< without brackets
    std::uint16_t port = 0;
};

/// HOST:PORT or [ADDRESS]:PORT, the port from 1 on. Nothing for the rest.
std::optional<HostAndPort> parse_host_and_port(std::string_view text);

}  // namespace vigia
