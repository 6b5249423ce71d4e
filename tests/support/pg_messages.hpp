#pragma once

#include "tests/support/tcp_peer.hpp"

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace vigia::test {

/// What a PostgreSQL server says, for scripts.

/// A message's type and length, as if `size` bytes followed.
std::string pg_head(char type, std::uint32_t size);
std::string pg_message(char type, std::string_view body);
/// A request to authenticate.
std::string pg_request(std::uint32_t code, std::string_view body = {});
/// "version 15, I am ready".
std::string pg_welcome();

/// One message of a client's that has logged in or is about to; empty at its end.
boost::asio::awaitable<std::string> read_pg_message(TcpPeer& peer);
/// The message before that, which has no type.
boost::asio::awaitable<void> read_pg_startup(TcpPeer& peer);

}  // namespace vigia::test
