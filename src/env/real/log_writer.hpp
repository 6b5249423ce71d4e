#pragma once

#include "base/i18n.hpp"
#include "base/time.hpp"
#include "config/config.hpp"
#include "env/log.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace vigia {

/// Bounds of what waits to be written. Lines of WARNING and above may also use the last
/// `kReservedLogLines`, so that a flood of INFO does not push out what matters.
inline constexpr std::size_t kMaxLogLines = 65'536;
inline constexpr std::size_t kReservedLogLines = 1'024;
inline constexpr std::size_t kMaxLogBytes = std::size_t{16} * 1024 * 1024;
/// Longer texts are shortened.
inline constexpr std::size_t kMaxLogText = std::size_t{32} * 1024;

/// What a LogWriter is given once; settings can change at every reload, this cannot.
struct LogWriterOptions {
    std::function<WallTime()> wall_clock;  ///< called by write(), on any thread; required
    int console = 1;                       ///< descriptor, not owned; negative: no console
    Duration retry_file = std::chrono::seconds(60);  ///< how often a broken file is tried again
};

/// The real Log: a bounded queue and one thread that writes it to the console and to a file with
/// the rotation of Python's RotatingFileHandler. Lines look like
/// `2024-12-19 10:15:23 - INFO - text` or are JSON objects {"time", "level", "message"}.
///
/// Threads: every function may be called on any thread, except the constructor, stop() and the
/// destructor, which belong to the owner (main). Only the writer thread touches descriptors: a
/// console or a disk that hangs holds up that thread and nobody else. A console that takes no more
/// does not hold up the file either.
///
/// Failures never reach the caller: lines that find the queue full are counted, and a WARNING line
/// tells how many once there is room; a file that cannot be opened or written costs one ERROR line
/// on the console and is tried again each `retry_file` and at reopen(); a console that was closed
/// (EPIPE) is given up. SIGPIPE must be ignored (env/real/process.hpp).
class LogWriter final : public Log {
public:
    /// Opens the file and starts the thread. Throws FatalError only if no thread can be had.
    LogWriter(const LoggingSettings& settings, const Catalog& catalog, LogWriterOptions options);
    /// stop().
    ~LogWriter() override;
    LogWriter(const LogWriter&) = delete;
    LogWriter& operator=(const LogWriter&) = delete;

    /// Queues one line, stamped with the time of this call. Waits for a short lock at most.
    void write(LogLevel level, std::string text) override;
    bool enabled(LogLevel level) const override;

    /// Takes over other settings: the level at once, the rest behind the lines already queued.
    void reconfigure(const LoggingSettings& settings, const Catalog& catalog);

    /// Closes the file and opens it again by name, behind the lines already queued (SIGHUP, after
    /// logrotate moved the file).
    void reopen();

    /// Waits until everything queued before the call was written, or given up. False if `bound`
    /// passed first, as with a console that takes nothing.
    bool drain(Duration bound);

    /// Writes what is queued, waits for the thread for at most `bound` and ends it; a thread stuck
    /// in the kernel is left behind. False if lines may have been lost. Lines written afterwards
    /// are dropped. Calling it again does nothing and returns the same.
    bool stop(Duration bound = std::chrono::seconds(2));

    /// Lines that found the queue full so far.
    std::uint64_t dropped() const override;

private:
    class Writer;  // shared with the thread, which may outlive this object when stuck
    std::shared_ptr<Writer> writer_;
};

}  // namespace vigia
