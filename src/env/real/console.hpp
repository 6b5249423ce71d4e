#pragma once

#include "env/real/descriptor.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vigia {

/// Standard output as a place for lines that never waits for its reader: what is not taken at once
/// is kept up to a bound, and beyond it dropped line by line and counted.
///
/// The descriptor's own flags are left alone, since they are shared with the shell that started us:
/// a pipe or a terminal is opened a second time through /proc without blocking, a socket is written
/// with MSG_DONTWAIT. Where that is not allowed, pieces of PIPE_BUF are written after poll(2) said
/// there is room, which can block on an odd terminal. One thread: the log's writer.
class Console {
public:
    /// Bytes kept for a reader that does not read.
    static constexpr std::size_t kMaxBacklog = std::size_t{1024} * 1024;

    /// `fd` is not owned and must stay open; negative: a console that is closed from the start.
    explicit Console(int fd);

    /// Adds one line, which ends in \n. Nothing is written yet, unless much has gathered.
    void write(std::string_view line);

    /// Writes what the reader takes now.
    void flush();

    /// True if lines wait for the reader: poll descriptor() for POLLOUT, then flush().
    bool blocked() const { return offset_ < backlog_.size(); }
    int descriptor() const { return spare_ ? spare_.get() : fd_; }

    /// Nobody reads any more (EPIPE, EBADF): everything is thrown away from now on.
    bool closed() const { return closed_; }

    /// Lines dropped since the last call.
    std::uint64_t take_dropped();

private:
    enum class Kind : std::uint8_t { file, socket, nonblocking, polled };
    long write_some(const char* data, std::size_t size) const;
    void discard();

    int fd_;
    Kind kind_ = Kind::file;
    Descriptor spare_;  ///< our own opening of what `fd_` is
    std::string backlog_;
    std::size_t offset_ = 0;  ///< of the first byte not written
    std::uint64_t dropped_ = 0;
    bool closed_ = false;
};

}  // namespace vigia
