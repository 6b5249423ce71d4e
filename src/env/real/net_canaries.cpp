#include "env/real/net_canaries.hpp"

#include "env/real/address_order.hpp"
#include "env/real/descriptor.hpp"
#include "env/real/process.hpp"
#include "env/real/system_routes.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <charconv>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace vigia {

namespace asio = boost::asio;
namespace ip = boost::asio::ip;

namespace {

constexpr std::uint16_t kDnsPort = 53;
constexpr std::uint16_t kGatewayPorts[] = {kDnsPort, 80, 443};

/// "192.0.2.53:53", "[2001:db8::1]:53" or only the host, which then has the port `implied`.
std::pair<std::string_view, std::uint16_t> split(std::string_view place, std::uint16_t implied) {
    const std::size_t colon = place.rfind(':');
    const bool bare = colon == std::string_view::npos || place.ends_with(']') ||
                      (place.find(':') != colon && !place.starts_with('['));
    if (bare) return {place, implied};
    std::uint16_t port = 0;
    std::from_chars(place.data() + colon + 1, place.data() + place.size(), port);
    return {place.substr(0, colon), port};
}

/// A query for the root's name servers (RFC 1035), which every resolver can answer.
constexpr std::array<unsigned char, 17> kQuery{0x56, 0x69,                    // id
                                               0x01, 0x00,                    // recursion desired
                                               0,    1,    0, 0, 0, 0, 0, 0,  // one question
                                               0,    0,    2, 0, 1};          // ".", NS, IN
constexpr unsigned kServerFailure = 2;

/// True if `answer` is one to kQuery that comes from somebody who has a way out.
bool is_answer(const unsigned char* answer, std::size_t size) {
    constexpr std::size_t kHeader = 12;
    constexpr unsigned kResponse = 0x80;
    constexpr unsigned kCode = 0x0f;
    if (size < kHeader || answer[0] != kQuery[0] || answer[1] != kQuery[1]) return false;
    if ((answer[2] & kResponse) == 0) return false;
    return (answer[3] & kCode) != kServerFailure;
}

bool is_echo_reply(const unsigned char* packet, std::size_t size) {
    return size > 0 && (packet[0] == ICMP_ECHOREPLY || packet[0] == ICMP6_ECHO_REPLY);
}

/// A machine that says no is there.
bool is_sign_of_life(int error) {
    return error == 0 || error == ECONNREFUSED || error == ECONNRESET;
}

bool is_own_trouble(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

/// One socket that something has been sent through.
class NetCanaries::Knock {
public:
    enum class Kind : std::uint8_t { tcp, query, echo };

    /// Sends. What could not be sent has an answer already: `heard()` is then not nothing.
    Knock(Kind kind, const Place& place) : kind_(kind) {
        const bool v6 = place.address.is_v6();
        const int family = v6 ? AF_INET6 : AF_INET;
        const int type = kind == Kind::tcp ? SOCK_STREAM : SOCK_DGRAM;
        int protocol = 0;
        if (kind == Kind::echo) protocol = v6 ? int{IPPROTO_ICMPV6} : int{IPPROTO_ICMP};
        socket_ = Descriptor(::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
        if (socket_.get() < 0) {
            // That ping sockets are not for everybody is no sign of anything.
            own_trouble_ = is_own_trouble(errno);
            heard_ = kind == Kind::echo ? Heard::nothing_more : Heard::no_way;
            return;
        }
        const ip::tcp::endpoint to(place.address, place.port);
        if (::connect(socket_.get(), to.data(), static_cast<socklen_t>(to.size())) != 0 &&
            errno != EINPROGRESS) {
            note(errno);
        } else if (kind != Kind::tcp) {
            send(v6);
        }
    }

    int descriptor() const { return socket_.get(); }
    std::uint32_t awaited() const { return kind_ == Kind::tcp ? EPOLLOUT : EPOLLIN; }
    bool own_trouble() const { return own_trouble_; }
    bool alive() const { return heard_ == Heard::life; }
    bool over() const { return heard_ != Heard::not_yet; }

    /// Looks what has come, without waiting.
    void look() {
        if (over()) return;
        if (kind_ == Kind::tcp) return look_at_connection();
        std::array<unsigned char, 512> packet{};
        const ssize_t size = ::recv(socket_.get(), packet.data(), packet.size(), 0);
        if (size < 0) {
            if (errno != EAGAIN && errno != EINTR) note(errno);
            return;
        }
        const auto length = static_cast<std::size_t>(size);
        const bool good = kind_ == Kind::query ? is_answer(packet.data(), length)
                                               : is_echo_reply(packet.data(), length);
        if (good) heard_ = Heard::life;
    }

private:
    enum class Heard : std::uint8_t { not_yet, life, no_way, nothing_more };

    void send(bool v6) {
        ssize_t sent = 0;
        if (kind_ == Kind::query) {
            sent = ::send(socket_.get(), kQuery.data(), kQuery.size(), MSG_NOSIGNAL);
        } else {
            icmphdr echo{};  // the kernel fills in the identifier and the checksum
            echo.type = v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
            sent = ::send(socket_.get(), &echo, sizeof echo, MSG_NOSIGNAL);
        }
        if (sent < 0) note(errno);
    }

    void look_at_connection() {
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
        sockaddr_storage peer{};
        socklen_t peer_size = sizeof peer;
        auto* const address = reinterpret_cast<sockaddr*>(&peer);
        if (error == 0 && ::getpeername(socket_.get(), address, &peer_size) != 0) return;
        note(error);
    }

    void note(int error) {
        own_trouble_ = is_own_trouble(error);
        heard_ = is_sign_of_life(error) ? Heard::life : Heard::no_way;
    }

    Kind kind_;
    Descriptor socket_;
    Heard heard_ = Heard::not_yet;
    bool own_trouble_ = false;
};

NetCanaries::NetCanaries(asio::io_context& context, Clock& clock, Resolver& resolver,
                         CanaryOptions options)
    : watches_(context, clock), resolver_(resolver), options_(std::move(options)) {}

std::vector<Canary> NetCanaries::of_the_system() {
    constexpr std::size_t kMostBytes = std::size_t{1024} * 1024;
    const auto content = [](const std::string& file) {
        const Result<std::string> text = read_file(file, kMostBytes);
        return text ? *text : std::string();
    };
    std::vector<Canary> canaries;
    for (std::string& gateway : ipv4_gateways(content(options_.ipv4_routes))) {
        canaries.push_back({Canary::Kind::gateway, std::move(gateway)});
    }
    for (std::string& gateway : ipv6_gateways(content(options_.ipv6_routes))) {
        canaries.push_back({Canary::Kind::gateway, std::move(gateway)});
    }
    const auto add_server = [&](std::string_view server) {
        const auto address = literal_address(split(server, kDnsPort).first);
        // One on this machine answers whether or not there is a way out.
        if (!address || address->is_loopback() || address->is_unspecified()) return;
        canaries.push_back({Canary::Kind::resolver, std::string(server)});
    };
    if (options_.servers.empty()) {
        for (const auto& server : name_servers(content(options_.resolver_file))) add_server(server);
    }
    for (std::string_view rest = options_.servers; !rest.empty();) {
        const std::string_view server = rest.substr(0, rest.find(','));
        add_server(server);
        rest.remove_prefix(std::min(rest.size(), server.size() + 1));
    }
    return canaries;
}

asio::awaitable<CanaryAnswer> NetCanaries::ask(Canary canary, MonoTime deadline) {
    if (canary.kind == Canary::Kind::host) {
        co_return co_await ask_host(std::move(canary.address), deadline);
    }
    const auto [host, port] = split(canary.address, kDnsPort);
    const auto address = literal_address(host);
    if (!address) co_return CanaryAnswer::not_asked;
    std::vector<Knock> knocks;
    if (canary.kind == Canary::Kind::resolver) {
        knocks.emplace_back(Knock::Kind::query, Place{*address, port});
    } else {
        knocks.emplace_back(Knock::Kind::echo, Place{*address, 0});
        for (const std::uint16_t door : kGatewayPorts) {
            knocks.emplace_back(Knock::Kind::tcp, Place{*address, door});
        }
    }
    co_return co_await listen(std::move(knocks), deadline);
}

asio::awaitable<CanaryAnswer> NetCanaries::ask_host(std::string address, MonoTime deadline) {
    const auto [host, port] = split(address, 0);
    std::string name(host);
    const Resolution found = co_await resolver_.resolve(std::move(name), deadline);
    if (!found.addresses) {
        const bool ours =
            found.failure == ReasonCode::no_descriptors || found.failure == ReasonCode::no_buffers;
        co_return ours ? CanaryAnswer::not_asked : CanaryAnswer::silent;
    }
    constexpr std::size_t kMost = 2;  // one of each family
    std::vector<Knock> knocks;
    for (const ip::address& each : found.addresses->addresses) {
        if (knocks.size() == kMost) break;
        knocks.emplace_back(Knock::Kind::tcp, Place{each, port});
    }
    co_return co_await listen(std::move(knocks), deadline);
}

/// Until one of them hears something that lives, all have heard that there is no way, or the time
/// is up.
asio::awaitable<CanaryAnswer> NetCanaries::listen(std::vector<Knock> knocks, MonoTime deadline) {
    // One descriptor to wait for stands for all of them.
    const Descriptor group(::epoll_create1(EPOLL_CLOEXEC));
    if (group.get() < 0) co_return CanaryAnswer::not_asked;
    for (const Knock& knock : knocks) {
        epoll_event event{};
        event.events = knock.awaited();
        if (!knock.over()) ::epoll_ctl(group.get(), EPOLL_CTL_ADD, knock.descriptor(), &event);
    }
    SocketWatch watch(watches_, group.get());
    for (;;) {
        // After a standstill of ours both the answer and the end of the time are there: look first.
        for (Knock& knock : knocks) {
            if (knock.over()) continue;
            knock.look();
            if (knock.over()) ::epoll_ctl(group.get(), EPOLL_CTL_DEL, knock.descriptor(), nullptr);
        }
        if (std::ranges::any_of(knocks, &Knock::alive)) co_return CanaryAnswer::alive;
        if (std::ranges::any_of(knocks, &Knock::own_trouble)) co_return CanaryAnswer::not_asked;
        if (std::ranges::all_of(knocks, &Knock::over)) co_return CanaryAnswer::silent;
        if (watches_.clock().now().mono >= deadline) co_return CanaryAnswer::silent;
        const Woken woken = co_await watch.wait(PollSet::kRead, deadline);
        if (woken == Woken::cancelled || woken == Woken::no_watch)
            co_return CanaryAnswer::not_asked;
    }
}

}  // namespace vigia
