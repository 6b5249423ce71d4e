#include "env/real/ares_channel.hpp"

#include "base/result.hpp"

#include <algorithm>
#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace vigia {

namespace ip = boost::asio::ip;

namespace {

AresSockets& sockets_of(void* user) {
    return *static_cast<AresSockets*>(user);
}

ares_socket_t open_socket(int family, int type, int protocol, void* user) {
    const int fd = ::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    sockets_of(user).socket_opened(fd < 0 ? errno : 0);
    return fd;
}

int close_socket(ares_socket_t fd, void*) {
    return ::close(fd);
}

int connect_socket(ares_socket_t fd, const sockaddr* address, ares_socklen_t size, void*) {
    return ::connect(fd, address, size);
}

// tidy: allow(size-parameters) the signature is c-ares's
ares_ssize_t receive(ares_socket_t fd, void* buffer, size_t size, int flags, sockaddr* from,
                     ares_socklen_t* from_size, void*) {
    return ::recvfrom(fd, buffer, size, flags, from, from_size);
}

ares_ssize_t send_vector(ares_socket_t fd, const iovec* parts, int count, void*) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(parts);  // sendmsg() does not write through it
    message.msg_iovlen = static_cast<size_t>(count);
    return ::sendmsg(fd, &message, MSG_NOSIGNAL);
}

const ares_socket_functions kSocketFunctions{open_socket, close_socket, connect_socket, receive,
                                             send_vector};

void socket_state(void* user, ares_socket_t fd, int readable, int writable) {
    sockets_of(user).socket_state(fd, readable != 0, writable != 0);
}

void initialise_ares() {
    static const int code = ::ares_library_init(ARES_LIB_INIT_ALL);
    if (code != ARES_SUCCESS) throw FatalError(std::string("c-ares: ") + ::ares_strerror(code));
}

}  // namespace

void append_addresses(const ares_addrinfo* info, std::vector<ip::address>& to) {
    for (const ares_addrinfo_node* node = info->nodes; node != nullptr; node = node->ai_next) {
        if (node->ai_family == AF_INET) {
            const auto* in = reinterpret_cast<const sockaddr_in*>(node->ai_addr);
            to.emplace_back(ip::address_v4(ntohl(in->sin_addr.s_addr)));
        } else if (node->ai_family == AF_INET6) {
            const auto* in = reinterpret_cast<const sockaddr_in6*>(node->ai_addr);
            ip::address_v6::bytes_type bytes;
            std::copy_n(in->sin6_addr.s6_addr, bytes.size(), bytes.begin());
            to.emplace_back(ip::address_v6(bytes, in->sin6_scope_id));
        }
    }
}

ares_addrinfo_hints hints_for(int family) {
    ares_addrinfo_hints hints{};
    hints.ai_family = family;
    hints.ai_flags = ARES_AI_NOSORT;
    return hints;
}

bool is_proper_answer(int status) {
    return status == ARES_SUCCESS || status == ARES_ENODATA || status == ARES_ENOTFOUND;
}

bool is_refusal(int status) {
    return status == ARES_ESERVFAIL || status == ARES_EREFUSED || status == ARES_ENOTIMP ||
           status == ARES_EFORMERR;
}

AresChannel::AresChannel(const AresOptions& options, AresSockets& sockets) {
    initialise_ares();
    ares_options raw{};
    raw.flags = options.flags | ARES_FLAG_NOALIASES;
    raw.timeout = static_cast<int>(options.try_timeout / std::chrono::milliseconds(1));
    raw.tries = options.tries;
    raw.lookups = const_cast<char*>(options.lookups);  // copied by c-ares
    raw.sock_state_cb = &socket_state;
    raw.sock_state_cb_data = &sockets;
    int code =
        ::ares_init_options(&channel_, &raw,
                            ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                                ARES_OPT_LOOKUPS | ARES_OPT_NOROTATE | ARES_OPT_SOCK_STATE_CB);
    if (code != ARES_SUCCESS) throw FatalError(std::string("c-ares: ") + ::ares_strerror(code));
    ::ares_set_socket_functions(channel_, &kSocketFunctions, &sockets);
    if (options.servers.empty()) return;
    code = ::ares_set_servers_ports_csv(channel_, options.servers.c_str());
    if (code != ARES_SUCCESS) {
        ::ares_destroy(channel_);
        throw FatalError("not a list of name servers: " + options.servers);
    }
}

AresChannel::~AresChannel() {
    ::ares_destroy(channel_);
}

int AresChannel::server_count() const {
    ares_addr_port_node* servers = nullptr;
    if (::ares_get_servers_ports(channel_, &servers) != ARES_SUCCESS) return 1;
    int count = 0;
    for (const ares_addr_port_node* one = servers; one != nullptr; one = one->next) ++count;
    ::ares_free_data(servers);
    return count;
}

}  // namespace vigia
