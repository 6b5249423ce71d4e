#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace vigia::test {

/// A DNS server (UDP, 127.0.0.1, a free port) that answers, refuses or ignores, per name. Names not
/// told of do not exist. Runs on the loop of what is tested.
class DnsServer {
public:
    enum class Answer : std::uint8_t { addresses, nxdomain, servfail, refused, silence };

    struct Record {
        Answer answer = Answer::addresses;
        std::vector<boost::asio::ip::address> addresses;  ///< of either family; none: no data
        std::uint32_t ttl = 60;
        bool silent_v6 = false;  ///< queries for AAAA are ignored
    };

    explicit DnsServer(boost::asio::io_context& io);
    ~DnsServer();
    DnsServer(const DnsServer&) = delete;
    DnsServer& operator=(const DnsServer&) = delete;

    void set(const std::string& name, Record record);
    void address(const std::string& name, const std::string& address);
    void answer(const std::string& name, Answer answer);
    void set_dead(bool dead);

    /// What ResolverOptions::servers is set to.
    std::string servers() const;
    /// How often `name` was asked for, whatever the type.
    int queries(const std::string& name) const;

private:
    struct State;
    static boost::asio::awaitable<void> serve(std::shared_ptr<State> state);

    std::shared_ptr<State> state_;
};

}  // namespace vigia::test
