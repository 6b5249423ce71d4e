#pragma once

#include "base/time.hpp"
#include "env/real/descriptor.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vigia {

/// Something about the log file that people should be told, once.
struct LogFileEvent {
    enum class Kind : std::uint8_t { cannot_write, cannot_rotate, works_again };
    Kind kind = Kind::cannot_write;
    int error = 0;           ///< errno; 0 of works_again
    std::uint64_t lost = 0;  ///< of works_again: lines that are missing in the file
};

/// A file of lines that rotates as Python's RotatingFileHandler does: before the line with which
/// the file would reach `max_bytes`, `file.1` becomes `file.2` and so on up to `backup_count`, and
/// `file` becomes `file.1`. An empty file is not rotated (as of Python 3.12), nor is anything that
/// is no regular file. Mode 0640; the directory is not made.
///
/// Owned by the log's writer thread, which alone calls it; blocks as long as the disk does.
/// A failure is remembered as an event; lines are then counted as lost, and each `retry` the next
/// line tries again. A file that cannot be rotated is written on, beyond its limit.
class LogFile {
public:
    LogFile(std::string path, std::uint64_t max_bytes, std::uint32_t backup_count, Duration retry);

    /// Closes and opens by name, now. A failure is an event even if it was one before.
    void reopen(MonoTime now);

    /// Appends `line`, which ends in \n. It reaches the file at the latest with flush().
    void write(std::string_view line, MonoTime now);
    void flush(MonoTime now);

    /// The oldest event not yet taken.
    std::optional<LogFileEvent> take_event();

    const std::string& path() const { return path_; }

private:
    bool open();
    bool ready(MonoTime now);
    void fail(int error, MonoTime now);
    bool rotation_due(std::size_t line_size) const;
    void rotate(MonoTime now);
    int shift_backups() const;
    std::uint64_t size_on_disk() const;

    std::string path_;
    std::uint64_t max_bytes_;
    std::uint32_t backup_count_;
    Duration retry_;

    Descriptor file_;
    bool regular_ = false;
    std::uint64_t size_ = 0;  ///< of the file, without `buffer_`
    std::string buffer_;      ///< whole lines on their way to the file
    bool torn_ = false;       ///< the file ends in the middle of a line

    bool broken_ = false;     ///< the last attempt to open or write failed
    bool announced_ = false;  ///< ... and there was an event
    MonoTime retry_at_{};
    std::uint64_t lost_ = 0;
    bool rotation_blocked_ = false;
    MonoTime rotate_again_at_{};
    std::optional<LogFileEvent> trouble_;
    std::optional<LogFileEvent> rotation_trouble_;
    std::optional<LogFileEvent> recovery_;
};

}  // namespace vigia
