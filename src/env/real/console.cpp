#include "env/real/console.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace vigia {
namespace {

constexpr std::size_t kFlushSize = std::size_t{64} * 1024;

bool has_room(int fd) {
    pollfd wanted{fd, POLLOUT, 0};
    return ::poll(&wanted, 1, 0) > 0;
}

}  // namespace

Console::Console(int fd) : fd_(fd) {
    struct stat status {};
    if (fd < 0 || ::fstat(fd, &status) != 0) {
        closed_ = true;
        return;
    }
    if (S_ISREG(status.st_mode)) return;
    if (S_ISSOCK(status.st_mode)) {
        kind_ = Kind::socket;
        return;
    }
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags >= 0 && (flags & O_NONBLOCK) != 0) {
        kind_ = Kind::nonblocking;
        return;
    }
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    spare_ = Descriptor(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    kind_ = spare_ ? Kind::nonblocking : Kind::polled;
}

void Console::write(std::string_view line) {
    if (closed_) return;
    if (backlog_.size() - offset_ + line.size() > kMaxBacklog) {
        ++dropped_;
        return;
    }
    backlog_ += line;
    if (backlog_.size() - offset_ >= kFlushSize) flush();
}

/// One write(2) that does not wait; as that, with EAGAIN if there is no room.
long Console::write_some(const char* data, std::size_t size) const {
    switch (kind_) {
        case Kind::socket:
            return ::send(fd_, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        case Kind::polled:
            if (!has_room(fd_)) {
                errno = EAGAIN;
                return -1;
            }
            return ::write(fd_, data, std::min(size, std::size_t{PIPE_BUF}));
        case Kind::file:
        case Kind::nonblocking:
            break;
    }
    return ::write(descriptor(), data, size);
}

void Console::flush() {
    while (offset_ < backlog_.size()) {
        const long n = write_some(backlog_.data() + offset_, backlog_.size() - offset_);
        if (n > 0) {
            offset_ += static_cast<std::size_t>(n);
            continue;
        }
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        closed_ = n < 0 && (errno == EPIPE || errno == EBADF || errno == ECONNRESET);
        discard();
    }
    if (offset_ == backlog_.size()) {
        backlog_.clear();
        offset_ = 0;
    } else if (offset_ >= kMaxBacklog / 2) {
        backlog_.erase(0, offset_);
        offset_ = 0;
    }
}

/// Gives up what waits: the device failed (a full disk behind a redirected output, a terminal that
/// went away); later lines are tried again.
void Console::discard() {
    const auto first = backlog_.begin() + static_cast<std::ptrdiff_t>(offset_);
    dropped_ += static_cast<std::uint64_t>(std::count(first, backlog_.end(), '\n'));
    backlog_.clear();
    offset_ = 0;
}

std::uint64_t Console::take_dropped() {
    return std::exchange(dropped_, 0);
}

}  // namespace vigia
