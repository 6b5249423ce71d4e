#include "env/real/log_writer.hpp"

#include "tests/contract/log_fixture.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace vigia::test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class LogWriterTest : public LogTest {};

/// A pipe whose ends are closed at the end.
struct Pipe {
    Pipe() { EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0); }
    ~Pipe() {
        close_reader();
        ::close(ends[1]);
    }
    void close_reader() {
        if (ends[0] >= 0) ::close(ends[0]);
        ends[0] = -1;
    }
    std::array<int, 2> ends{-1, -1};
};

/// Reads until `size` bytes have come, or nothing comes any more for long.
std::string read_bytes(int fd, std::size_t size) {
    std::string all;
    std::array<char, 65'536> piece{};
    while (all.size() < size) {
        pollfd wanted{fd, POLLIN, 0};
        if (::poll(&wanted, 1, 10'000) <= 0) break;
        const ssize_t n = ::read(fd, piece.data(), piece.size());
        if (n <= 0) break;
        all.append(piece.data(), static_cast<std::size_t>(n));
    }
    return all;
}

std::size_t count_lines(std::string_view text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST_F(LogWriterTest, WritesTheLinesOfTheSpecificationToConsoleAndFile) {
    start();
    writer_->write(LogLevel::info, "Iniciando monitor de servicios");
    writer_->write(LogLevel::warning, "Intento 1 fallido (status code: 503): Web uno");
    writer_->write(LogLevel::error, "Sitio web caído: Web uno");
    writer_->write(LogLevel::critical, "todo mal");
    const std::string expected = line("INFO", "Iniciando monitor de servicios") +
                                 line("WARNING", "Intento 1 fallido (status code: 503): Web uno") +
                                 line("ERROR", "Sitio web caído: Web uno") +
                                 line("CRITICAL", "todo mal");
    EXPECT_EQ(console(), expected);
    EXPECT_EQ(log(), expected);
}

TEST_F(LogWriterTest, WritesNoFileWhereThatIsSwitchedOff) {
    settings_.enable_file_logging = false;
    start();
    info("one");
    EXPECT_EQ(console(), info_line("one"));
    EXPECT_FALSE(std::filesystem::exists(settings_.log_file));
}

TEST_F(LogWriterTest, OneEventIsOneLineWhateverItHolds) {
    start();
    info("Web\n2024-12-19 10:15:23 - INFO - forged\r\x1b[2J\u202e\u2028 \xff\x7f");
    EXPECT_EQ(log(), info_line("Web\\n2024-12-19 10:15:23 - INFO - forged\\r\\x1b[2J\\u202e\\u2028 "
                               "\\xff\\x7f"));
}

TEST_F(LogWriterTest, ShortensEndlessLines) {
    start();
    info(std::string(kMaxLogText * 4, 'x'));
    const std::string written = log();
    EXPECT_LT(written.size(), kMaxLogText + 100);
    EXPECT_THAT(written, EndsWith("xx…\n"));
}

TEST_F(LogWriterTest, WritesJsonObjects) {
    settings_.format = LogFormat::json;
    start();
    writer_->write(LogLevel::error, "a \"quoted\" \\ name\nñ 🛒\x01\xff");
    EXPECT_EQ(log(),
              "{\"time\":\"2024-12-19T10:15:23.042Z\",\"level\":\"ERROR\","
              "\"message\":\"a \\\"quoted\\\" \\\\ name\\\\nñ 🛒\\\\x01\\\\xff\"}\n");
}

TEST_F(LogWriterTest, ThrowsAwayWhatIsBelowItsLevel) {
    settings_.level = LogLevel::warning;
    start();
    EXPECT_FALSE(writer_->enabled(LogLevel::info));
    EXPECT_TRUE(writer_->enabled(LogLevel::warning));
    info("quiet");
    writer_->write(LogLevel::warning, "loud");
    EXPECT_EQ(log(), line("WARNING", "loud"));
    EXPECT_EQ(writer_->dropped(), 0U);
}

TEST_F(LogWriterTest, TakesOverNewSettingsBehindTheLinesAlreadyQueued) {
    start();
    info("old");
    LoggingSettings changed = settings_;
    changed.level = LogLevel::debug;
    changed.format = LogFormat::json;
    changed.log_file = directory_.file("other.log");
    writer_->reconfigure(changed, Catalog(Language::en));
    EXPECT_TRUE(writer_->enabled(LogLevel::debug));
    writer_->write(LogLevel::debug, "new");
    EXPECT_EQ(log(), info_line("old"));
    EXPECT_EQ(directory_.read("other.log"),
              "{\"time\":\"2024-12-19T10:15:23.042Z\",\"level\":\"DEBUG\",\"message\":\"new\"}\n");
}

TEST_F(LogWriterTest, SwitchesTheFileOffAndOn) {
    start();
    info("one");
    LoggingSettings without = settings_;
    without.enable_file_logging = false;
    writer_->reconfigure(without, Catalog(Language::es));
    info("two");
    writer_->reconfigure(settings_, Catalog(Language::es));
    info("three");
    EXPECT_EQ(log(), info_line("one") + info_line("three"));
    EXPECT_EQ(console(), info_line("one") + info_line("two") + info_line("three"));
}

TEST_F(LogWriterTest, MakesTheFileReadableForItsOwnerAndGroupOnly) {
    const mode_t before = ::umask(0);
    start();
    info("one");
    drain();
    ::umask(before);
    struct stat status {};
    ASSERT_EQ(::stat(settings_.log_file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0640U);
}

TEST_F(LogWriterTest, ReopensTheFileByNameAfterItWasMoved) {
    start();
    info("before");
    drain();
    std::filesystem::rename(directory_.file("vigia.log"), directory_.file("moved"));
    info("still in the moved one");
    writer_->reopen();
    info("after");
    EXPECT_EQ(log(), info_line("after"));
    EXPECT_EQ(directory_.read("moved"), info_line("before") + info_line("still in the moved one"));
}

TEST_F(LogWriterTest, SaysOnceThatTheFileCannotBeOpenedAndGoesOn) {
    settings_.log_file = directory_.file("missing/vigia.log");
    retry_ = Duration::zero();  // every line tries again
    start();
    for (int i = 0; i < 5; ++i) info("monitoring goes on");
    const std::string shown = console();
    EXPECT_THAT(shown, HasSubstr(line("ERROR", "No se puede escribir en el archivo de registro " +
                                                   settings_.log_file +
                                                   ": No existe el archivo o el directorio")));
    EXPECT_EQ(count_lines(shown), 6U);

    ASSERT_TRUE(std::filesystem::create_directory(directory_.file("missing")));
    info("at last");
    drain();
    EXPECT_EQ(
        directory_.read("missing/vigia.log"),
        info_line("at last") + line("WARNING", "El archivo de registro " + settings_.log_file +
                                                   " se vuelve a escribir; líneas que le "
                                                   "faltan: 5"));
}

TEST_F(LogWriterTest, TriesABrokenFileAgainOnlyNowAndThenOrWhenAsked) {
    settings_.log_file = directory_.file("missing/vigia.log");
    start();  // an hour between the attempts
    info("one");
    drain();
    ASSERT_TRUE(std::filesystem::create_directory(directory_.file("missing")));
    info("two");
    drain();
    EXPECT_FALSE(std::filesystem::exists(settings_.log_file));
    writer_->reopen();
    info("three");
    drain();
    EXPECT_THAT(directory_.read("missing/vigia.log"), StartsWith(info_line("three")));
}

TEST_F(LogWriterTest, SaysAgainAtReopenThatTheFileCannotBeOpened) {
    settings_.log_file = directory_.path().string();
    start();
    info("one");
    writer_->reopen();
    EXPECT_EQ(count_lines(console()), 3U);
    EXPECT_THAT(console(), EndsWith(": Es un directorio\n"));
}

TEST_F(LogWriterTest, SurvivesAFullDisk) {
    settings_.log_file = directory_.file("vigia.log");
    std::filesystem::create_symlink("/dev/full", settings_.log_file);
    retry_ = Duration::zero();
    start();
    for (int i = 0; i < 3; ++i) {
        info("no room");
        drain();
    }
    EXPECT_THAT(console(), HasSubstr(": No queda espacio en el dispositivo\n"));
    EXPECT_EQ(count_lines(console()), 4U);
    std::filesystem::remove(settings_.log_file);
    info("room again");
    EXPECT_THAT(log(), StartsWith(info_line("room again")));
    EXPECT_THAT(log(), EndsWith("líneas que le faltan: 3\n"));
}

TEST_F(LogWriterTest, RefusesAFifoThatNobodyReadsInsteadOfHanging) {
    ASSERT_EQ(::mkfifo(settings_.log_file.c_str(), 0600), 0);
    start();
    info("one");
    EXPECT_THAT(console(), HasSubstr(info_line("one")));
    EXPECT_THAT(console(), HasSubstr("No se puede escribir"));
}

TEST_F(LogWriterTest, GoesOnWithTheFileAfterTheConsoleWasClosed) {
    Pipe pipe;
    start(pipe.ends[1]);
    info("one");
    drain();
    pipe.close_reader();
    for (int i = 0; i < 100; ++i) info("more");
    drain();
    EXPECT_EQ(count_lines(log()), 101U);
}

TEST_F(LogWriterTest, WorksWithoutAConsole) {
    start(-1);
    info("one");
    EXPECT_EQ(log(), info_line("one"));
}

/// What the writer does with a console whose reader sleeps and then reads everything.
class BlockedConsoleTest : public LogWriterTest {
protected:
    static constexpr int kLines =
        10'000;  // more than a pipe or a socket holds, less than the bound

    /// Waits until the file holds so much, which it must while the console takes nothing.
    void wait_for_file(std::size_t size) {
        for (int i = 0; i < 300 && directory_.read("vigia.log").size() < size; ++i) {
            EXPECT_FALSE(writer_->drain(std::chrono::milliseconds(100)));
        }
    }

    void expect_file_goes_on_and_console_catches_up(int reader) {
        std::string expected;
        for (int i = 0; i < kLines; ++i) {
            const std::string text = "line " + std::to_string(i);
            expected += info_line(text);
            info(text);
        }
        wait_for_file(expected.size());
        EXPECT_EQ(directory_.read("vigia.log"), expected);
        EXPECT_EQ(read_bytes(reader, expected.size()), expected);
        drain();
    }
};

TEST_F(BlockedConsoleTest, APipeHoldsUpNobody) {
    Pipe pipe;
    start(pipe.ends[1]);
    expect_file_goes_on_and_console_catches_up(pipe.ends[0]);
}

TEST_F(BlockedConsoleTest, ASocketHoldsUpNobody) {
    Pipe sockets;
    ::close(sockets.ends[0]);
    ::close(sockets.ends[1]);
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets.ends.data()), 0);
    start(sockets.ends[1]);
    expect_file_goes_on_and_console_catches_up(sockets.ends[0]);
}

TEST_F(BlockedConsoleTest, LeavesTheFlagsOfTheDescriptorAlone) {
    Pipe pipe;
    start(pipe.ends[1]);
    info("one");
    drain();
    EXPECT_EQ(::fcntl(pipe.ends[1], F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(BlockedConsoleTest, CountsTheLinesThatTheReaderMissed) {
    Pipe pipe;
    start(pipe.ends[1]);
    constexpr std::size_t kTexts = 3'000;
    const std::string text(1'000, 'x');
    for (std::size_t i = 0; i < kTexts; ++i) info(text);
    wait_for_file(kTexts * info_line(text).size());
    // Everything that reaches the reader, until the remark closes it.
    std::string shown;
    while (shown.find("El registro no dio abasto") == std::string::npos) {
        const std::string piece = read_bytes(pipe.ends[0], 1);
        ASSERT_FALSE(piece.empty());
        shown += piece;
    }
    const std::size_t missed = kTexts - (count_lines(shown) - 1);
    EXPECT_GT(missed, 0U);
    EXPECT_THAT(shown, EndsWith(line("WARNING", "El registro no dio abasto; líneas no escritas: " +
                                                    std::to_string(missed))));
}

TEST_F(BlockedConsoleTest, DoesNotHoldUpTheStop) {
    Pipe pipe;
    start(pipe.ends[1]);
    std::string expected;
    for (int i = 0; i < kLines; ++i) {
        info("line");
        expected += info_line("line");
    }
    EXPECT_FALSE(writer_->stop(std::chrono::seconds(1)));
    EXPECT_EQ(directory_.read("vigia.log"), expected);
}

TEST_F(LogWriterTest, CountsWhatFindsTheQueueFullAndSaysSo) {
    settings_.log_file = directory_.file("missing/vigia.log");
    hold_writer();
    start();
    constexpr std::size_t kTooMany = 17;
    constexpr std::size_t kOrdinary = kMaxLogLines - kReservedLogLines;
    for (std::size_t i = 0; i < kOrdinary + kTooMany; ++i) info("x");
    EXPECT_EQ(writer_->dropped(), kTooMany);
    // What matters more still finds room.
    for (std::size_t i = 0; i < kReservedLogLines; ++i) writer_->write(LogLevel::error, "y");
    EXPECT_EQ(writer_->dropped(), kTooMany);
    writer_->write(LogLevel::critical, "z");
    EXPECT_EQ(writer_->dropped(), kTooMany + 1);
    let_writer_go();

    const std::string shown = console();
    EXPECT_EQ(count_lines(shown), 1 + kMaxLogLines + 1);
    EXPECT_THAT(shown, EndsWith(line("WARNING", "El registro no dio abasto; líneas no escritas: " +
                                                    std::to_string(kTooMany + 1))));
    info("room again");
    EXPECT_THAT(console(), EndsWith(info_line("room again")));
}

TEST_F(LogWriterTest, BoundsTheBytesOfTheQueue) {
    settings_.log_file = directory_.file("missing/vigia.log");
    hold_writer();
    start();
    constexpr std::size_t kFitting = kMaxLogBytes / kMaxLogText;
    for (std::size_t i = 0; i < kFitting; ++i) info(std::string(kMaxLogText, 'x'));
    EXPECT_EQ(writer_->dropped(), 0U);
    info("x");
    EXPECT_EQ(writer_->dropped(), 1U);
    let_writer_go();
    EXPECT_EQ(count_lines(console()), 1 + kFitting + 1);
}

TEST_F(LogWriterTest, StopWritesWhatIsQueuedAndTakesNoMore) {
    start();
    std::string expected;
    for (int i = 0; i < 20'000; ++i) {
        info("line");
        expected += info_line("line");
    }
    EXPECT_TRUE(writer_->stop());
    EXPECT_EQ(directory_.read("vigia.log"), expected);
    EXPECT_EQ(directory_.read("console"), expected);
    info("too late");
    EXPECT_EQ(writer_->dropped(), 1U);
    EXPECT_TRUE(writer_->stop());
    EXPECT_EQ(directory_.read("vigia.log"), expected);
}

TEST_F(LogWriterTest, StopLeavesAStuckThreadBehind) {
    settings_.log_file = directory_.file("missing/vigia.log");
    hold_writer();
    start();
    info("one");
    EXPECT_FALSE(writer_->stop(std::chrono::milliseconds(50)));
    // The thread lives on what it shares: let it end before the test's clock goes.
    let_writer_go();
    EXPECT_TRUE(writer_->drain(kLong));
}

TEST_F(LogWriterTest, KeepsTheOrderOfEveryThread) {
    start();
    constexpr int kThreads = 4;
    constexpr int kEach = 5'000;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([this, t] {
            for (int i = 0; i < kEach; ++i) {
                info(std::to_string(t) + " " + std::to_string(i));
                if (i % 1'000 == 0) writer_->reopen();
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    std::istringstream lines(log());
    std::map<int, int> next;
    std::string date, time, dash, level;
    int thread = 0;
    int number = 0;
    while (lines >> date >> time >> dash >> level >> dash >> thread >> number) {
        ASSERT_EQ(number, next[thread]++);
    }
    for (int t = 0; t < kThreads; ++t) EXPECT_EQ(next[t], kEach);
}

}  // namespace
}  // namespace vigia::test
