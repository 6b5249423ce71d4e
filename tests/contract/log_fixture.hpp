#pragma once

#include "base/local_time.hpp"
#include "env/real/log_writer.hpp"
#include "env/real/process.hpp"
#include "tests/support/temporary_directory.hpp"

#include <chrono>
#include <fcntl.h>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <vector>

namespace vigia::test {

/// 2024-12-19 10:15:23.042 UTC.
inline constexpr WallTime kLogTime{std::chrono::milliseconds(1'734'603'323'042)};

/// A LogWriter on a stopped clock in a directory of its own. Its console is a file (`console`) that
/// always takes everything, unless a test gives another descriptor.
class LogTest : public ::testing::Test {
protected:
    static constexpr std::chrono::seconds kLong{30};  ///< only a failure waits that long

    LogTest()
        : console_file_(::open(directory_.file("console").c_str(),
                               O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
        ignore_write_signals();
        settings_.log_file = directory_.file("vigia.log");
    }
    ~LogTest() override {
        writer_.reset();
        ::close(console_file_);
    }

    void start() { start(console_file_); }
    void start(int console) {
        LogWriterOptions options;
        options.wall_clock = [this] { return now(); };
        options.console = console;
        options.retry_file = retry_;
        writer_ = std::make_unique<LogWriter>(settings_, Catalog(Language::es), options);
    }

    void info(std::string text) { writer_->write(LogLevel::info, std::move(text)); }
    void drain() { ASSERT_TRUE(writer_->drain(kLong)); }

    /// What the console has been given so far, drained.
    std::string console() {
        EXPECT_TRUE(writer_->drain(kLong));
        return directory_.read("console");
    }
    std::string log() {
        EXPECT_TRUE(writer_->drain(kLong));
        return directory_.read("vigia.log");
    }

    static std::string line(std::string_view level, std::string_view text) {
        return format_local(kLogTime) + " - " + std::string(level) + " - " + std::string(text) +
               "\n";
    }
    static std::string info_line(std::string_view text) { return line("INFO", text); }

    /// From now on the writer thread is held at its next look at the clock, which it takes only for
    /// remarks of its own: with a file that cannot be opened, right at its start.
    void hold_writer() {
        held_ = true;
        test_thread_ = std::this_thread::get_id();
    }
    void let_writer_go() { gate_.set_value(); }

    TemporaryDirectory directory_;
    LoggingSettings settings_;
    Duration retry_ = std::chrono::hours(1);
    int console_file_;
    std::unique_ptr<LogWriter> writer_;

private:
    WallTime now() {
        if (held_ && std::this_thread::get_id() != test_thread_) opened_.wait();
        return kLogTime;
    }

    bool held_ = false;
    std::thread::id test_thread_;
    std::promise<void> gate_;
    std::shared_future<void> opened_ = gate_.get_future().share();
};

}  // namespace vigia::test
