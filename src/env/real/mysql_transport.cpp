#include "env/real/mysql_transport.hpp"

#include "base/result.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <sys/socket.h>
#include <utility>

extern "C" {
#include <ma_pvio.h>
}

namespace vigia {

namespace {

constexpr const char* kUserDataKey = "vigia.transport";
constexpr int kSocketPluginType = 101;  // MARIADB_CLIENT_PVIO_PLUGIN; its header is not installed
constexpr std::size_t kHeader = 4;      // of a packet: length (3), number (1)

/// The plugin of sockets, as mysql/client_plugin.h declares it.
struct SocketPlugin : st_mysql_client_plugin {
    PVIO_METHODS* methods;
};

PVIO_METHODS*& library_methods() {
    // tidy: allow(global) libmariadb's own table of functions is one per process; set once
    static PVIO_METHODS* methods = nullptr;
    return methods;
}

}  // namespace

/// What libmariadb calls. It runs on a stack of libmariadb's, so nothing here may throw.
struct MysqlTransportMethods {
    static MysqlTransport& of(MARIADB_PVIO* pvio) {
        return *static_cast<MysqlTransport*>(pvio->data);
    }

    static my_bool set_timeout(MARIADB_PVIO*, enum_pvio_timeout, int) { return 0; }
    static int get_timeout(MARIADB_PVIO*, enum_pvio_timeout) { return -1; }
    static ssize_t read(MARIADB_PVIO* pvio, unsigned char* buffer, std::size_t size) {
        return of(pvio).read(buffer, size);
    }
    static ssize_t write(MARIADB_PVIO* pvio, const unsigned char* buffer, std::size_t size) {
        return of(pvio).write(buffer, size);
    }
    /// Asked for by blocking calls only; we wait by ourselves.
    static int wait(MARIADB_PVIO*, my_bool, int) { return -1; }
    static int blocking(MARIADB_PVIO*, my_bool, my_bool* before) {
        if (before != nullptr) *before = 0;
        return 0;
    }
    static my_bool connect(MARIADB_PVIO* pvio, MA_PVIO_CINFO* to);
    static my_bool close(MARIADB_PVIO* pvio) {
        of(pvio).shut();
        return 0;
    }
    static int nothing(MARIADB_PVIO*) { return 0; }
    static my_bool get_handle(MARIADB_PVIO* pvio, void* handle) {
        *static_cast<my_socket*>(handle) = of(pvio).fd();
        return 0;
    }
    static my_bool no(MARIADB_PVIO*) { return 0; }
    static my_bool has_data(MARIADB_PVIO*, ssize_t* size) {
        *size = 0;
        return 0;
    }

    static PVIO_METHODS table();
};

PVIO_METHODS MysqlTransportMethods::table() {
    PVIO_METHODS methods{};
    methods.set_timeout = &set_timeout;
    methods.get_timeout = &get_timeout;
    methods.read = &read;
    methods.async_read = &read;
    methods.write = &write;
    methods.async_write = &write;
    methods.wait_io_or_timeout = &wait;
    methods.blocking = &blocking;
    methods.connect = &connect;
    methods.close = &close;
    methods.fast_send = &nothing;
    methods.keepalive = &nothing;
    methods.get_handle = &get_handle;
    methods.is_blocking = &no;
    methods.is_alive = &no;
    methods.has_data = &has_data;
    methods.shutdown = &nothing;
    return methods;
}

/// The first of libmariadb's calls for a connection, whosever it is.
my_bool MysqlTransportMethods::connect(MARIADB_PVIO* pvio, MA_PVIO_CINFO* to) {
    void* ours = nullptr;
    ::mysql_get_optionv(to->mysql, MARIADB_OPT_USERDATA, const_cast<char*>(kUserDataKey), &ours);
    if (ours == nullptr) {
        pvio->methods = library_methods();
        return pvio->methods->connect(pvio, to);
    }
    static const PVIO_METHODS methods = table();
    pvio->methods = const_cast<PVIO_METHODS*>(&methods);
    pvio->data = ours;
    pvio->mysql = to->mysql;
    pvio->type = of(pvio).local() ? PVIO_TYPE_UNIXSOCKET : PVIO_TYPE_SOCKET;
    std::fill(std::begin(pvio->timeout), std::end(pvio->timeout), -1);
    return 0;
}

void MysqlTransport::install() {
    // tidy: allow(global) see library_methods()
    static std::once_flag once;
    std::call_once(once, [] {
        if (::mysql_server_init(0, nullptr, nullptr) != 0) throw FatalError("libmariadb");
        MYSQL scratch;
        if (::mysql_init(&scratch) == nullptr) throw FatalError("libmariadb: mysql_init");
        auto* const plugin = static_cast<SocketPlugin*>(
            ::mysql_client_find_plugin(&scratch, "pvio_socket", kSocketPluginType));
        if (plugin == nullptr) throw FatalError("libmariadb: no pvio_socket");
        library_methods() = plugin->methods;
        // tidy: allow(global) the table that libmariadb is given in place of its own
        static PVIO_METHODS methods = *plugin->methods;
        methods.connect = &MysqlTransportMethods::connect;
        plugin->methods = &methods;
        ::mysql_close(&scratch);
    });
}

MysqlTransport::MysqlTransport(Descriptor socket, bool local)
    : socket_(std::move(socket)), local_(local) {}

bool MysqlTransport::attach(MYSQL& mysql) {
    mysql_ = &mysql;
    return ::mysql_optionsv(&mysql, MARIADB_OPT_USERDATA, const_cast<char*>(kUserDataKey),
                            static_cast<void*>(this)) == 0;
}

bool MysqlTransport::offers_tls() const {
    return (mysql_->server_capabilities & CLIENT_SSL) != 0 && request_[0] == kRequestSize - kHeader;
}

/// What came with the greeting came in the clear: taken for what the server says inside TLS, it
/// would let anyone on the way answer the login.
bool MysqlTransport::was_told_more() const {
    const MARIADB_PVIO& pvio = *mysql_->net.pvio;
    return received_.is_unsound() || pvio.cache_pos < pvio.cache + pvio.cache_size;
}

bool MysqlTransport::request_tls() {
    if (was_told_more()) {
        os_errno_ = EPROTO;
        return false;
    }
    return send(request_.data(), request_.size()) == static_cast<ssize_t>(request_.size());
}

void MysqlTransport::release_login(std::unique_ptr<TlsStream> tls) {
    tls_ = std::move(tls);
    login_ = Login::encrypted;
    ++mysql_->net.pkt_nr;         // the request was a packet too
    mysql_->options.use_ssl = 1;  // what plugins look at: the password may go as it is
}

void MysqlTransport::shut() {
    if (!shut_) ::shutdown(fd(), SHUT_RDWR);
    shut_ = true;
}

ssize_t MysqlTransport::note(ssize_t result) {
    if (result < 0 && errno != EAGAIN && errno != EINTR) os_errno_ = errno;
    return result;
}

ssize_t MysqlTransport::read(unsigned char* buffer, std::size_t size) {
    if (shut_) {
        errno = ECONNABORTED;
        return -1;
    }
    if (received_.has_giant() || received_.is_unsound()) return examine(buffer, 0);
    const ssize_t result = note(tls_ ? tls_->read(buffer, size) : ::recv(fd(), buffer, size, 0));
    if (result == 0) ended_ = true;
    return result > 0 ? examine(buffer, result) : result;
}

/// Stops what libmariadb would wait for, or fill the memory with.
ssize_t MysqlTransport::examine(const unsigned char* bytes, ssize_t size) {
    const std::size_t sound = received_.take(bytes, static_cast<std::size_t>(size));
    if (sound > 0) return static_cast<ssize_t>(sound);
    errno = received_.has_giant() ? EMSGSIZE : EPROTO;
    return note(-1);
}

ssize_t MysqlTransport::send(const void* buffer, std::size_t size) {
    const ssize_t result =
        note(tls_ ? tls_->write(buffer, size) : ::send(fd(), buffer, size, MSG_NOSIGNAL));
    if (result > 0) {
        const auto* const bytes = static_cast<const unsigned char*>(buffer);
        if (sent_.at_boundary()) sent_.expect(bytes[kHeader - 1]);  // a command begins anew
        sent_.take(bytes, static_cast<std::size_t>(result));
        received_.expect(sent_.next());
    }
    return result;
}

ssize_t MysqlTransport::write(const unsigned char* buffer, std::size_t size) {
    if (shut_) {
        errno = ECONNABORTED;
        return -1;
    }
    return login_ == Login::gone ? send(buffer, size) : write_login(buffer, size);
}

/// The first thing that libmariadb writes: "HandshakeResponse41", of which the request for TLS is
/// the beginning, with CLIENT_SSL set.
ssize_t MysqlTransport::write_login(const unsigned char* buffer, std::size_t size) {
    constexpr unsigned char kSslFlag = CLIENT_SSL >> 8U;
    if (login_ == Login::none) {
        login_ = Login::held;
        if (size >= kRequestSize) {
            std::copy_n(buffer, kRequestSize, request_.begin());
            request_ = {kRequestSize - kHeader, 0, 0, buffer[3]};
            std::copy_n(buffer + kHeader, kRequestSize - kHeader, request_.begin() + kHeader);
            request_[kHeader + 1] |= kSslFlag;
        }
    }
    if (login_ == Login::held) {
        errno = EAGAIN;
        return -1;
    }
    std::string login(reinterpret_cast<const char*>(buffer), size);
    if (login_ == Login::encrypted) {
        login[3] = static_cast<char>(login[3] + 1);
        login[kHeader + 1] = static_cast<char>(request_[kHeader + 1]);
    }
    const ssize_t result = send(login.data(), login.size());
    if (result > 0) login_ = Login::gone;
    return result;
}

}  // namespace vigia
