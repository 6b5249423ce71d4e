#include "env/real/process.hpp"

#include "env/real/host_facts.hpp"
#include "tests/support/temporary_directory.hpp"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace vigia::test {
namespace {

using boost::system::errc::file_too_large;
using boost::system::errc::is_a_directory;
using boost::system::errc::no_such_file_or_directory;

TEST(ReadFile, ReadsUpToItsLimit) {
    const TemporaryDirectory directory;
    const std::string content(100'000, 'x');
    directory.write("file", content);
    directory.write("empty", "");
    EXPECT_EQ(read_file(directory.file("file"), content.size()).value(), content);
    EXPECT_EQ(read_file(directory.file("file"), content.size() - 1).error().code, file_too_large);
    EXPECT_EQ(read_file(directory.file("empty"), 0).value(), "");
    EXPECT_EQ(read_file("/dev/zero", 1'000).error().code, file_too_large);
}

TEST(ReadFile, SaysWhyNot) {
    const TemporaryDirectory directory;
    EXPECT_EQ(read_file(directory.file("none"), 10).error().code, no_such_file_or_directory);
    EXPECT_EQ(read_file(directory.path().string(), 10).error().code, is_a_directory);
}

TEST(RealSources, ReadFilesAndVariables) {
    const TemporaryDirectory directory;
    directory.write("secret", "s3cret\n");
    const ConfigSources sources = real_sources("/base");
    EXPECT_EQ(sources.base_directory, "/base");
    EXPECT_EQ(sources.read_file(directory.file("secret")), "s3cret\n");
    EXPECT_EQ(sources.read_file(directory.file("none")), std::nullopt);
    ASSERT_EQ(::setenv("VIGIA_TEST_VARIABLE", "", 1), 0);
    EXPECT_EQ(sources.environment("VIGIA_TEST_VARIABLE"), "");
    ASSERT_EQ(::unsetenv("VIGIA_TEST_VARIABLE"), 0);
    EXPECT_EQ(sources.environment("VIGIA_TEST_VARIABLE"), std::nullopt);
}

TEST(RealSources, KnowTheALabelsOfHosts) {
    const ConfigSources sources = real_sources("/base");
    EXPECT_EQ(sources.ascii_host("ñandú.test"), "xn--and-6ma2c.test");
    EXPECT_EQ(sources.ascii_host("ÑANDÚ.test"), "xn--and-6ma2c.test");
    EXPECT_EQ(sources.ascii_host(std::string(80, 'x') + "ñ.test"), std::nullopt);
}

TEST(DescribeSystemError, SpeaksTheLanguageOfTheCatalog) {
    EXPECT_EQ(describe_system_error(ENOSPC, Catalog(Language::en)), "No space left on device");
    EXPECT_EQ(describe_system_error(ENOSPC, Catalog(Language::es)),
              "No queda espacio en el dispositivo");
    EXPECT_EQ(describe_system_error(EMFILE, Catalog(Language::es)), "Demasiados archivos abiertos");
}

TEST(HostFacts, NameThisMachine) {
    const HostFacts facts = read_host_facts();
    std::string name(256, '\0');
    ASSERT_EQ(::gethostname(name.data(), name.size()), 0);
    EXPECT_EQ(facts.hostname, name.c_str());
    EXPECT_THAT(facts.system, ::testing::StartsWith("Linux "));
    EXPECT_FALSE(facts.machine.empty());
}

TEST(FreshSeed, DiffersEachTime) {
    EXPECT_NE(fresh_seed(), fresh_seed());
}

/// What changes the process is tried in a child.
template <class Body>
void in_child(Body body) {
    EXPECT_EXIT(std::exit(body() ? 0 : 1), ::testing::ExitedWithCode(0), "");
}

TEST(ProcessDeathTest, RaisesTheDescriptorLimitToTheHardOne) {
    in_child([] {
        rlimit limit{};
        if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
        limit.rlim_cur = 100;
        if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
        const DescriptorLimit raised = raise_descriptor_limit();
        return raised.before == 100 && raised.soft == limit.rlim_max &&
               raised.hard == limit.rlim_max && ::getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
               limit.rlim_cur == raised.soft;
    });
}

TEST(ProcessDeathTest, ForbidsCoreDumps) {
    in_child([] {
        rlimit limit{};
        const bool forbidden = forbid_core_dumps();
        return forbidden && ::getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 &&
               limit.rlim_max == 0 && ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
    });
}

TEST(ProcessDeathTest, HidesWhatDatabaseClientsWouldLookAt) {
    in_child([] {
        const char* const names[] = {"PGHOST",  "TDSPORT",          "TDSVER",
                                     "TDSHOST", "TDSDUMP",          "TDSDUMPCONFIG",
                                     "FREETDS", "LIBMYSQL_PLUGINS", "MYSQL_TCP_PORT"};
        for (const char* const name : names) ::setenv(name, "canary", 1);
        ::setenv("FREETDSCONF", "/machine/freetds.conf", 1);
        prepare_environment();
        for (const char* const name : names) {
            if (::getenv(name) != nullptr || environment_variable(name) != "canary") return false;
        }
        return true;
    });
}

TEST(ProcessDeathTest, SurvivesAWriteToAClosedPipe) {
    in_child([] {
        ignore_write_signals();
        int ends[2] = {-1, -1};
        if (::pipe(ends) != 0) return false;
        ::close(ends[0]);
        return ::write(ends[1], "x", 1) == -1 && errno == EPIPE;
    });
}

TEST(ProcessDeathTest, SurvivesAWriteBeyondTheSizeThatAFileMayHave) {
    in_child([] {
        ignore_write_signals();
        const rlimit nothing{0, 0};
        if (::setrlimit(RLIMIT_FSIZE, &nothing) != 0) return false;
        const int file = ::open("/tmp", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
        return file >= 0 && ::write(file, "x", 1) == -1 && errno == EFBIG;
    });
}

}  // namespace
}  // namespace vigia::test
