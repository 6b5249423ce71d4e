#include "env/real/pg_meter.hpp"

#include "env/real/poll_set.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <utility>

namespace vigia {

namespace {

bool is_passing(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

/// Takes off `bytes` what `socket` has room for: all of it, if it never will have. The errno of
/// that, or zero.
int write_from(std::string& bytes, int socket) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
        bytes.erase(0, static_cast<std::size_t>(sent));
        return 0;
    }
    const int error = errno;
    if (is_passing(error)) return 0;
    bytes.clear();
    return error;
}

/// At most a portion, into `bytes`; as recv(2).
ssize_t read_into(std::string& bytes, int socket) {
    std::array<char, PgMeter::kPortion> room;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    const ssize_t size = ::recv(socket, room.data(), room.size(), MSG_DONTWAIT);
    if (size > 0) bytes.assign(room.data(), static_cast<std::size_t>(size));
    return size;
}

}  // namespace

PgMeter::PgMeter(Descriptor socket, Descriptor ours, int theirs)
    : socket_(std::move(socket)), ours_(std::move(ours)), theirs_(theirs) {}

std::unique_ptr<PgMeter> PgMeter::insert(int descriptor) {
    Descriptor socket(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
    if (!socket) return nullptr;
    std::array<int, 2> ends{};
    constexpr int kType = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    if (::socketpair(AF_UNIX, kType, 0, ends.data()) != 0) return nullptr;
    Descriptor ours(ends[0]);
    const Descriptor theirs(ends[1]);
    if (::dup3(theirs.get(), descriptor, O_CLOEXEC) < 0) return nullptr;
    return std::unique_ptr<PgMeter>(new PgMeter(std::move(socket), std::move(ours), descriptor));
}

unsigned PgMeter::wanted(unsigned events) const {
    return (events & PollSet::kRead) | (outgoing_.empty() ? 0U : PollSet::kWrite);
}

bool PgMeter::has_unread() const {
    int waiting = 0;
    return ::ioctl(theirs_, FIONREAD, &waiting) == 0 && waiting > 0;
}

unsigned PgMeter::ready(unsigned events) {
    unsigned result = 0;
    if ((events & PollSet::kWrite) != 0 && outgoing_.empty()) result |= PollSet::kWrite;
    if ((events & PollSet::kRead) != 0) {
        deliver();
        if (ended_ || has_unread()) result |= PollSet::kRead;
    }
    return result;
}

bool PgMeter::send() {
    for (;;) {
        if (!outgoing_.empty()) {
            const int error = write_from(outgoing_, socket_.get());
            // A server that is gone may have said why: that is read first.
            if (error != 0 && error != EPIPE && os_errno_ == 0) os_errno_ = error;
            if (!outgoing_.empty()) return true;
        }
        const ssize_t size = read_into(outgoing_, ours_.get());
        if (size == 0) return false;
        if (size < 0) return is_passing(errno);
    }
}

void PgMeter::receive() {
    if (ended_ || !incoming_.empty()) return;
    const ssize_t size = read_into(incoming_, socket_.get());
    if (size > 0) {
        received_ += static_cast<std::size_t>(size);
        return deliver();
    }
    if (size < 0 && is_passing(errno)) return;
    if (size < 0 && os_errno_ == 0) os_errno_ = errno;
    end();
}

void PgMeter::deliver() {
    if (!incoming_.empty()) write_from(incoming_, ours_.get());
}

void PgMeter::end() {
    ended_ = true;
    ::shutdown(ours_.get(), SHUT_WR);
}

}  // namespace vigia
