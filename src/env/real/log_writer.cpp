#include "env/real/log_writer.hpp"

#include "base/assert.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "env/real/console.hpp"
#include "env/real/descriptor.hpp"
#include "env/real/log_file.hpp"
#include "env/real/log_line.hpp"
#include "env/real/process.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <fmt/format.h>
#include <mutex>
#include <optional>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace vigia {
namespace {

/// What is waiting to be written: a line, or a change that takes effect behind the lines before it.
struct Entry {
    struct Change {
        LoggingSettings settings;
        Catalog catalog;
    };
    WallTime time{};
    LogLevel level = LogLevel::info;
    bool reopen = false;
    std::unique_ptr<Change> change;
    std::string text;

    bool is_line() const { return !reopen && !change; }
};

/// Room for new lines is made in such steps while a batch is being written.
constexpr std::size_t kReleaseStep = 256;

MonoTime mono_now() {
    return MonoTime(std::chrono::steady_clock::now().time_since_epoch());
}

bool same_file(const LoggingSettings& a, const LoggingSettings& b) {
    return a.enable_file_logging == b.enable_file_logging && a.log_file == b.log_file &&
           a.max_bytes == b.max_bytes && a.backup_count == b.backup_count;
}

std::optional<LogFile> make_file(const LoggingSettings& settings, Duration retry) {
    if (!settings.enable_file_logging) return std::nullopt;
    return LogFile(settings.log_file, settings.max_bytes, settings.backup_count, retry);
}

}  // namespace

/// The queue, shared under `mutex_`, and the writer thread's own state below it.
class LogWriter::Writer {
public:
    Writer(const LoggingSettings& settings, const Catalog& catalog, LogWriterOptions options);

    static void start(std::shared_ptr<Writer> self);
    void push(LogLevel level, std::string text);
    void push_control(Entry entry);
    bool drain(Duration bound);
    bool stop(Duration bound);
    bool enabled(LogLevel level) const { return level >= level_.load(std::memory_order_relaxed); }
    void set_level(LogLevel level) { level_.store(level, std::memory_order_relaxed); }
    std::uint64_t dropped() const;

private:
    void run();
    bool take_batch(std::vector<Entry>& batch);
    void write_batch(std::vector<Entry>& batch);
    void apply(const Entry& entry);
    void emit(WallTime time, LogLevel level, std::string_view text, bool to_file = true);
    void report_dropped(std::uint64_t count, bool to_file);
    void report_file_events();
    void report(const LogFileEvent& event);
    void release(std::size_t lines, std::size_t bytes);
    void settle();
    bool wait_for_work();
    void wake() const;

    const LogWriterOptions options_;
    std::atomic<LogLevel> level_;
    Descriptor bell_;  ///< eventfd: wakes the thread, which may be waiting for the console
    std::thread thread_;

    mutable std::mutex mutex_;
    std::condition_variable settled_;  ///< `done_` or `ended_` changed
    std::vector<Entry> queue_;
    std::size_t lines_ = 0;       ///< queued or being written
    std::size_t bytes_ = 0;       ///< of their texts
    std::uint64_t accepted_ = 0;  ///< entries ever queued
    std::uint64_t done_ = 0;      ///< entries ever dealt with, to the last byte
    std::uint64_t dropped_ = 0;
    std::uint64_t unreported_ = 0;  ///< of `dropped_`
    bool idle_ = false;             ///< the thread waits for the bell
    bool stopping_ = false;
    MonoTime give_up_at_{};  ///< when stopping: how long a blocked console is waited for
    bool ended_ = false;
    bool complete_ = true;  ///< nothing was given up at the end

    Console console_;
    std::optional<LogFile> file_;
    LoggingSettings settings_;
    Catalog catalog_;
    LogLineFormatter formatter_;
    std::uint64_t handled_ = 0;  ///< entries dealt with, but for what the console has not taken
};

LogWriter::Writer::Writer(const LoggingSettings& settings, const Catalog& catalog,
                          LogWriterOptions options)
    : options_(std::move(options)),
      level_(settings.level),
      bell_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      console_(options_.console),
      file_(make_file(settings, options_.retry_file)),
      settings_(settings),
      catalog_(catalog),
      formatter_(settings.format) {
    VIGIA_ASSERT(options_.wall_clock);
    if (!bell_) throw FatalError("eventfd: " + std::generic_category().message(errno));
}

/// Starts the thread with every signal blocked: they are for main.
void LogWriter::Writer::start(std::shared_ptr<Writer> self) {
    sigset_t all{};
    sigset_t before{};
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    Writer& writer = *self;
    try {
        writer.thread_ = std::thread([self = std::move(self)] { self->run(); });
    } catch (const std::system_error& error) {
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        throw FatalError(std::string("no thread for the log: ") + error.what());
    }
    ::pthread_setname_np(writer.thread_.native_handle(), "vigia-log");
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void LogWriter::Writer::push(LogLevel level, std::string text) {
    if (text.size() > kMaxLogText) text = shorten(text, kMaxLogText);
    const std::size_t max_lines =
        level >= LogLevel::warning ? kMaxLogLines : kMaxLogLines - kReservedLogLines;
    bool wake_up = false;
    {
        const std::lock_guard lock(mutex_);
        if (stopping_ || lines_ >= max_lines || bytes_ + text.size() > kMaxLogBytes) {
            ++dropped_;
            if (!stopping_) ++unreported_;
            return;
        }
        ++lines_;
        bytes_ += text.size();
        ++accepted_;
        queue_.push_back(Entry{options_.wall_clock(), level, false, nullptr, std::move(text)});
        wake_up = std::exchange(idle_, false);
    }
    if (wake_up) wake();
}

void LogWriter::Writer::push_control(Entry entry) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) return;
        ++accepted_;
        queue_.push_back(std::move(entry));
        idle_ = false;
    }
    wake();
}

void LogWriter::Writer::wake() const {
    ::eventfd_write(bell_.get(), 1);
}

bool LogWriter::Writer::drain(Duration bound) {
    std::unique_lock lock(mutex_);
    const std::uint64_t goal = accepted_;
    return settled_.wait_for(lock, bound, [&] { return done_ >= goal || ended_; }) && done_ >= goal;
}

bool LogWriter::Writer::stop(Duration bound) {
    std::unique_lock lock(mutex_);
    if (!stopping_) {
        stopping_ = true;
        give_up_at_ = mono_now() + bound - bound / 8;  // leaves the thread time to end by itself
        wake();
        settled_.wait_for(lock, bound, [&] { return ended_; });
        const bool in_time = ended_;
        complete_ = complete_ && in_time;
        lock.unlock();
        if (in_time) {
            thread_.join();
        } else {
            thread_.detach();
        }
        lock.lock();
    }
    return complete_;
}

std::uint64_t LogWriter::Writer::dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
}

void LogWriter::Writer::run() {
    if (file_) file_->reopen(mono_now());
    report_file_events();
    std::vector<Entry> batch;
    for (;;) {
        if (take_batch(batch)) {
            write_batch(batch);
            continue;
        }
        if (!wait_for_work()) break;
    }
    const std::lock_guard lock(mutex_);
    complete_ = !console_.blocked();
    ended_ = true;
    settled_.notify_all();
}

/// Moves all that is queued to `batch`; false, and `idle_`, if that is nothing.
bool LogWriter::Writer::take_batch(std::vector<Entry>& batch) {
    const std::lock_guard lock(mutex_);
    batch.clear();
    if (batch.capacity() > kMaxLogLines / 16) std::vector<Entry>().swap(batch);
    batch.swap(queue_);
    idle_ = batch.empty() && unreported_ == 0;
    return !idle_;
}

void LogWriter::Writer::write_batch(std::vector<Entry>& batch) {
    std::size_t lines = 0;
    std::size_t bytes = 0;
    for (Entry& entry : batch) {
        if (entry.is_line()) {
            emit(entry.time, entry.level, entry.text);
            ++lines;
            bytes += entry.text.size();
            entry.text = {};
        } else {
            apply(entry);
        }
        if (lines == kReleaseStep) {
            release(std::exchange(lines, 0), std::exchange(bytes, 0));
        }
    }
    release(lines, bytes);
    std::uint64_t dropped = 0;
    {
        const std::lock_guard lock(mutex_);
        dropped = std::exchange(unreported_, 0);
    }
    if (dropped > 0) report_dropped(dropped, true);
    if (file_) file_->flush(mono_now());
    report_file_events();
    handled_ += batch.size();
    settle();
}

void LogWriter::Writer::apply(const Entry& entry) {
    if (entry.change) {
        const LoggingSettings& wanted = entry.change->settings;
        if (!same_file(settings_, wanted)) {
            if (file_) file_->flush(mono_now());
            report_file_events();
            file_ = make_file(wanted, options_.retry_file);
            if (file_) file_->reopen(mono_now());
        }
        settings_ = wanted;
        catalog_ = entry.change->catalog;
        formatter_ = LogLineFormatter(wanted.format);
    }
    if (entry.reopen && file_) file_->reopen(mono_now());
    report_file_events();
}

void LogWriter::Writer::emit(WallTime time, LogLevel level, std::string_view text, bool to_file) {
    const std::string_view line = formatter_.format(time, level, text);
    if (to_file && file_) file_->write(line, mono_now());
    console_.write(line);
}

void LogWriter::Writer::report_dropped(std::uint64_t count, bool to_file) {
    if (!enabled(LogLevel::warning)) return;
    // TRANSLATORS: a log line; {} is a number.
    const auto text = catalog_.text("The log could not keep up; lines not written: {}");
    emit(options_.wall_clock(), LogLevel::warning, fmt::format(fmt::runtime(text), count), to_file);
}

void LogWriter::Writer::report_file_events() {
    while (file_) {
        const auto event = file_->take_event();
        if (!event) return;
        report(*event);
        file_->flush(mono_now());
    }
}

void LogWriter::Writer::report(const LogFileEvent& event) {
    using Kind = LogFileEvent::Kind;
    const std::string error = describe_system_error(event.error, catalog_);
    LogLevel level = LogLevel::error;
    std::string text;
    switch (event.kind) {
        case Kind::cannot_write:
            // TRANSLATORS: a log line; {0} is a file, {1} an error of the system.
            text =
                fmt::format(fmt::runtime(catalog_.text("The log file {0} cannot be written: {1}")),
                            file_->path(), error);
            break;
        case Kind::cannot_rotate:
            // TRANSLATORS: a log line; {0} is a file, {1} an error of the system.
            text =
                fmt::format(fmt::runtime(catalog_.text("The log file {0} cannot be rotated: {1}")),
                            file_->path(), error);
            break;
        case Kind::works_again:
            level = LogLevel::warning;
            // TRANSLATORS: a log line; {0} is a file, {1} a number.
            text = fmt::format(fmt::runtime(catalog_.text(
                                   "The log file {0} is written again; lines missing in it: {1}")),
                               file_->path(), event.lost);
            break;
    }
    if (enabled(level)) {
        emit(options_.wall_clock(), level, text, event.kind != Kind::cannot_write);
    }
}

void LogWriter::Writer::release(std::size_t lines, std::size_t bytes) {
    if (lines == 0) return;
    const std::lock_guard lock(mutex_);
    lines_ -= lines;
    bytes_ -= bytes;
}

/// Hands the console what it takes; once it has taken all, everything handled is done.
void LogWriter::Writer::settle() {
    console_.flush();
    if (console_.blocked()) return;
    if (const std::uint64_t dropped = console_.take_dropped(); dropped > 0 && !console_.closed()) {
        report_dropped(dropped, false);
        console_.flush();
        if (console_.blocked()) return;
    }
    const std::lock_guard lock(mutex_);
    if (done_ == handled_) return;
    done_ = handled_;
    settled_.notify_all();
}

/// Waits for the bell or for the console to take more. False if it is time to end.
bool LogWriter::Writer::wait_for_work() {
    settle();
    int timeout_ms = -1;
    {
        const std::lock_guard lock(mutex_);
        if (!queue_.empty()) return true;
        if (stopping_) {
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(give_up_at_ - mono_now());
            if (!console_.blocked() || left.count() <= 0) return false;
            timeout_ms = static_cast<int>(std::min<std::int64_t>(left.count(), 1'000));
        }
    }
    std::array<pollfd, 2> wanted{pollfd{bell_.get(), POLLIN, 0},
                                 pollfd{console_.descriptor(), POLLOUT, 0}};
    ::poll(wanted.data(), console_.blocked() ? 2 : 1, timeout_ms);
    if ((wanted[0].revents & POLLIN) != 0) {
        eventfd_t rings = 0;
        ::eventfd_read(bell_.get(), &rings);
    }
    return true;
}

LogWriter::LogWriter(const LoggingSettings& settings, const Catalog& catalog,
                     LogWriterOptions options)
    : writer_(std::make_shared<Writer>(settings, catalog, std::move(options))) {
    Writer::start(writer_);
}

LogWriter::~LogWriter() {
    stop();
}

void LogWriter::write(LogLevel level, std::string text) {
    if (writer_->enabled(level)) writer_->push(level, std::move(text));
}

bool LogWriter::enabled(LogLevel level) const {
    return writer_->enabled(level);
}

void LogWriter::reconfigure(const LoggingSettings& settings, const Catalog& catalog) {
    Entry entry;
    entry.change = std::make_unique<Entry::Change>(Entry::Change{settings, catalog});
    writer_->set_level(settings.level);
    writer_->push_control(std::move(entry));
}

void LogWriter::reopen() {
    Entry entry;
    entry.reopen = true;
    writer_->push_control(std::move(entry));
}

bool LogWriter::drain(Duration bound) {
    return writer_->drain(bound);
}

bool LogWriter::stop(Duration bound) {
    return writer_->stop(bound);
}

std::uint64_t LogWriter::dropped() const {
    return writer_->dropped();
}

}  // namespace vigia
