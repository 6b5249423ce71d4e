// Rotation, compared with the real thing: Python's logging.handlers.RotatingFileHandler.

#include "base/rng.hpp"
#include "tests/contract/log_fixture.hpp"

#include <cstdlib>
#include <map>

namespace vigia::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class LogRotationTest : public LogTest {
protected:
    /// Every file of `directory` that has to do with the log, with its content.
    static std::map<std::string, std::string> files(const TemporaryDirectory& directory) {
        std::map<std::string, std::string> all;
        for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
            const std::string name = entry.path().filename().string();
            if (name.starts_with("vigia.log")) all[name] = directory.read(name);
        }
        return all;
    }
    std::map<std::string, std::string> files() {
        EXPECT_TRUE(writer_->drain(kLong));
        return files(directory_);
    }

    void write(const std::vector<std::string>& texts) {
        for (const std::string& text : texts) info(text);
    }

    /// What Python makes of the same lines in a directory that holds `before`.
    std::map<std::string, std::string> python(const std::vector<std::string>& texts,
                                              const std::map<std::string, std::string>& before) {
        const TemporaryDirectory directory;
        for (const auto& [name, content] : before) directory.write(name, content);
        std::string lines;
        for (const std::string& text : texts) lines += info_line(text);
        directory.write("lines", lines);
        directory.write("run.py",
                        "import logging, logging.handlers, sys\n"
                        "d, size, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])\n"
                        "handler = logging.handlers.RotatingFileHandler(\n"
                        "    d + '/vigia.log', maxBytes=size, backupCount=count)\n"
                        "log = logging.getLogger('x')\n"
                        "log.addHandler(handler)\n"
                        "for line in open(d + '/lines', newline='\\n'):\n"
                        "    log.error('%s', line.rstrip('\\n'))\n");
        const std::string command = "/usr/bin/python3 -B " + directory.file("run.py") + " " +
                                    directory.path().string() + " " +
                                    std::to_string(settings_.max_bytes) + " " +
                                    std::to_string(settings_.backup_count);
        EXPECT_EQ(std::system(command.c_str()), 0);
        return files(directory);
    }
};

struct RotationCase {
    std::uint64_t max_bytes;
    std::uint32_t backup_count;
    std::map<std::string, std::string> before;
};

TEST_F(LogRotationTest, LeavesTheFilesThatPythonLeaves) {
    const std::map<std::string, std::string> gaps{
        {"vigia.log", "old\n"},    {"vigia.log.1", "one\n"},   {"vigia.log.3", "three\n"},
        {"vigia.log.4", "four\n"}, {"vigia.log.9", "nine\n"},  {"vigia.log.02", "not ours\n"},
        {"vigia.log.x", "nor\n"},  {"vigia.log.1.gz", "nor\n"}};
    const std::vector<RotationCase> cases{{1'000, 3, {}}, {1'000, 1, {}},    {1'000, 20, {}},
                                          {500, 5, gaps}, {500, 2, gaps},    {0, 5, gaps},
                                          {1'000, 0, {}}, {2'000, 100, gaps}};
    Rng rng(1);
    for (const RotationCase& c : cases) {
        SCOPED_TRACE(::testing::Message() << c.max_bytes << " bytes, " << c.backup_count);
        settings_.max_bytes = c.max_bytes;
        settings_.backup_count = c.backup_count;
        for (const auto& [name, content] : c.before) directory_.write(name, content);
        // Short ones, such as fit exactly, and single ones longer than the limit.
        std::vector<std::string> texts{"first"};
        for (int i = 0; i < 60; ++i) {
            texts.push_back(std::string(1 + rng.below(i % 17 == 0 ? 1'500 : 120), 'x'));
        }
        start();
        write(texts);
        EXPECT_EQ(files(), python(texts, c.before));
        writer_.reset();
        for (const auto& [name, content] : files(directory_)) {
            std::filesystem::remove(directory_.path() / name);
        }
    }
}

TEST_F(LogRotationTest, StaysBelowTheLimitAsPythonDoes) {
    const std::size_t overhead = info_line("").size();
    settings_.max_bytes = 2 * (overhead + 10);
    start();
    // Two lines would reach the limit exactly.
    write({std::string(10, 'a'), std::string(10, 'b')});
    EXPECT_EQ(files(), (std::map<std::string, std::string>{
                           {"vigia.log", info_line(std::string(10, 'b'))},
                           {"vigia.log.1", info_line(std::string(10, 'a'))}}));
}

TEST_F(LogRotationTest, DoesNotRotateAnEmptyFile) {
    settings_.max_bytes = 10;
    start();
    write({"longer than the limit"});
    EXPECT_EQ(
        files(),
        (std::map<std::string, std::string>{{"vigia.log", info_line("longer than the limit")}}));
}

TEST_F(LogRotationTest, GoesOnWithTheFileOfAnEarlierRun) {
    settings_.max_bytes = 200;
    directory_.write("vigia.log", std::string(150, 'o') + "\n");
    start();
    write({std::string(40, 'n')});
    EXPECT_THAT(files()["vigia.log"], StartsWith(info_line(std::string(40, 'n'))));
    EXPECT_EQ(files()["vigia.log.1"], std::string(150, 'o') + "\n");
}

TEST_F(LogRotationTest, SeesThatTheFileWasCutShortFromOutside) {
    settings_.max_bytes = 400;
    start();
    write({std::string(250, 'a')});
    files();
    std::filesystem::resize_file(settings_.log_file, 0);  // logrotate's copytruncate
    write({std::string(250, 'b')});
    EXPECT_EQ(files().size(), 1U);
}

TEST_F(LogRotationTest, WritesOnWhereItCannotRotateAndSaysSoOnce) {
    settings_.max_bytes = 100;
    settings_.backup_count = 1;
    std::filesystem::create_directories(directory_.file("vigia.log.1/not-empty"));
    start();
    for (int i = 0; i < 4; ++i) write({std::string(60, 'x')});
    const std::string written = log();
    EXPECT_GT(written.size(), 4 * 60U);
    EXPECT_THAT(console(), HasSubstr(line("ERROR", "No se puede rotar el archivo de registro " +
                                                       settings_.log_file + ": Es un directorio")));
    EXPECT_EQ(written.find("ERROR"), written.rfind("ERROR"));

    std::filesystem::remove_all(directory_.file("vigia.log.1"));
    writer_->reopen();
    write({"after"});
    EXPECT_EQ(log(), info_line("after"));
    EXPECT_EQ(directory_.read("vigia.log.1"), written);
}

TEST_F(LogRotationTest, NeverRotatesADevice) {
    settings_.max_bytes = 10;
    settings_.log_file = "/dev/null";
    start();
    write({"one", "two", "three"});
    EXPECT_EQ(console(), info_line("one") + info_line("two") + info_line("three"));
    EXPECT_FALSE(std::filesystem::exists("/dev/null.1"));
}

TEST_F(LogRotationTest, CopesWithBillionsOfBackups) {
    settings_.max_bytes = 60;
    settings_.backup_count = 4'294'967'295;
    start();
    for (int i = 0; i < 50; ++i) write({std::string(30, 'x')});
    EXPECT_EQ(files().size(), 50U);
}

}  // namespace
}  // namespace vigia::test
