#include "env/real/log_file.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace vigia {
namespace {

constexpr std::size_t kBufferSize = std::size_t{64} * 1024;
constexpr mode_t kFileMode = 0640;

/// The N of `BASE.N` as Python writes it (no sign, no leading zero), or nothing.
std::optional<std::uint32_t> backup_number(std::string_view name, std::string_view base) {
    if (name.size() < base.size() + 2 || !name.starts_with(base)) return std::nullopt;
    if (name[base.size()] != '.' || name[base.size() + 1] == '0') return std::nullopt;
    const char* const first = name.data() + base.size() + 1;
    const char* const last = name.data() + name.size();
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(first, last, number);
    if (error != std::errc() || end != last) return std::nullopt;
    return number;
}

/// Whether the file, of this size, ends in the middle of a line.
bool ends_in_a_line(const std::string& path, std::uint64_t size) {
    if (size == 0) return false;
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    char last = '\n';
    return file && ::pread(file.get(), &last, 1, static_cast<off_t>(size - 1)) == 1 && last != '\n';
}

}  // namespace

LogFile::LogFile(std::string path, std::uint64_t max_bytes, std::uint32_t backup_count,
                 Duration retry)
    : path_(std::move(path)), max_bytes_(max_bytes), backup_count_(backup_count), retry_(retry) {}

bool LogFile::open() {
    // O_NONBLOCK: a FIFO without a reader is an error at once, a full one an error later.
    file_ = Descriptor(::open(path_.c_str(),
                              O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
                              kFileMode));
    if (!file_) return false;
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0) {
        file_.reset();
        return false;
    }
    regular_ = S_ISREG(status.st_mode);
    size_ = regular_ ? static_cast<std::uint64_t>(status.st_size) : 0;
    if (regular_) torn_ = ends_in_a_line(path_, size_);
    return true;
}

void LogFile::reopen(MonoTime now) {
    flush(now);
    file_.reset();
    announced_ = false;
    rotation_blocked_ = false;
    if (!open()) fail(errno, now);
}

/// True if there is an open file to write to; tries to open it when it is time.
bool LogFile::ready(MonoTime now) {
    if (file_) return true;
    if (broken_ && now < retry_at_) return false;
    if (open()) return true;
    fail(errno, now);
    return false;
}

void LogFile::fail(int error, MonoTime now) {
    file_.reset();
    lost_ += static_cast<std::uint64_t>(std::count(buffer_.begin(), buffer_.end(), '\n'));
    buffer_.clear();
    broken_ = true;
    retry_at_ = now + retry_;
    if (announced_) return;
    announced_ = true;
    trouble_ = LogFileEvent{LogFileEvent::Kind::cannot_write, error, 0};
}

void LogFile::write(std::string_view line, MonoTime now) {
    if (!ready(now)) {
        ++lost_;
        return;
    }
    if (rotation_due(line.size())) {
        flush(now);
        // The file may have been cut short from outside (logrotate's copytruncate).
        if (file_) size_ = size_on_disk();
        if (file_ && rotation_due(line.size()) && !(rotation_blocked_ && now < rotate_again_at_)) {
            rotate(now);
        }
        if (!file_) {
            ++lost_;
            return;
        }
    }
    buffer_ += line;
    if (buffer_.size() >= kBufferSize) flush(now);
}

void LogFile::flush(MonoTime now) {
    if (buffer_.empty() || !file_) return;
    if (torn_) buffer_.insert(0, 1, '\n');
    std::size_t written = 0;
    while (written < buffer_.size()) {
        const ssize_t n = ::write(file_.get(), buffer_.data() + written, buffer_.size() - written);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            const int error = n < 0 ? errno : EIO;
            if (written > 0) torn_ = buffer_[written - 1] != '\n';
            buffer_.erase(0, written);
            fail(error, now);
            return;
        }
        written += static_cast<std::size_t>(n);
    }
    torn_ = false;
    size_ += written;
    buffer_.clear();
    if (broken_) {
        broken_ = false;
        announced_ = false;
        recovery_ = LogFileEvent{LogFileEvent::Kind::works_again, 0, std::exchange(lost_, 0)};
    }
}

/// Python's rule: the file stays below the limit, it never reaches it.
bool LogFile::rotation_due(std::size_t line_size) const {
    if (max_bytes_ == 0 || backup_count_ == 0 || !regular_) return false;
    const std::uint64_t before = size_ + buffer_.size();
    return before > 0 && before + line_size >= max_bytes_;
}

std::uint64_t LogFile::size_on_disk() const {
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0) return size_;
    return static_cast<std::uint64_t>(status.st_size);
}

void LogFile::rotate(MonoTime now) {
    int error = shift_backups();
    if (error == 0 && ::rename(path_.c_str(), (path_ + ".1").c_str()) != 0 && errno != ENOENT) {
        error = errno;
    }
    if (error != 0) {
        if (!rotation_blocked_) {
            rotation_trouble_ = LogFileEvent{LogFileEvent::Kind::cannot_rotate, error, 0};
        }
        rotation_blocked_ = true;
        rotate_again_at_ = now + retry_;
        return;
    }
    rotation_blocked_ = false;
    file_.reset();
    if (!open()) fail(errno, now);
}

/// `file.N` becomes `file.N+1`, the highest first; the last one is overwritten. What exists is
/// asked of the directory, not tried one by one: `backup_count` may be in the billions.
/// Returns errno, 0 if all went well; after a failure nothing more is moved, so nothing is lost.
int LogFile::shift_backups() const {
    const std::filesystem::path path(path_);
    const std::string base = path.filename().string();
    const std::filesystem::path directory = path.has_parent_path() ? path.parent_path() : ".";
    std::vector<std::uint32_t> numbers;
    std::error_code error;
    for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end;
         it.increment(error)) {
        const auto number = backup_number(it->path().filename().string(), base);
        if (number && *number < backup_count_) numbers.push_back(*number);
    }
    if (error) return error.value();
    std::sort(numbers.begin(), numbers.end(), std::greater<>());
    for (const std::uint32_t number : numbers) {
        const std::string from = path_ + "." + std::to_string(number);
        const std::string to = path_ + "." + std::to_string(number + 1);
        if (std::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) return errno;
    }
    return 0;
}

std::optional<LogFileEvent> LogFile::take_event() {
    if (trouble_) return std::exchange(trouble_, std::nullopt);
    if (recovery_) return std::exchange(recovery_, std::nullopt);
    return std::exchange(rotation_trouble_, std::nullopt);
}

}  // namespace vigia
