#include "env/real/process.hpp"

#include "env/real/descriptor.hpp"
#include "env/real/freetds_file.hpp"
#include "env/real/url.hpp"

#include <algorithm>
#include <array>
#include <boost/system/error_code.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <map>
#include <poll.h>
#include <pwd.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace vigia {
namespace {

Error errno_error(int error) {
    return Error{boost::system::error_code(error, boost::system::generic_category()), {}};
}

/// Waits for a pipe that has nothing yet; false if nothing comes.
bool comes_soon(int file) {
    constexpr int kPatience = 1000;  // ms
    pollfd wanted{file, POLLIN, 0};
    return ::poll(&wanted, 1, kPatience) > 0;
}

/// What hide_environment() took away.
std::map<std::string, std::string>& hidden_variables() {
    // tidy: allow(global) the environment, in which they were, is the process's as well
    static std::map<std::string, std::string> variables;
    return variables;
}

/// What glibc says of the errors that people meet; marked here for translation, looked up by
/// describe_system_error().
[[maybe_unused]] constexpr std::array<std::string_view, 18> kSystemErrors{
    N_("Operation not permitted"), N_("No such file or directory"),
    N_("Input/output error"),      N_("Permission denied"),
    N_("Device or resource busy"), N_("File exists"),
    N_("Not a directory"),         N_("Is a directory"),
    N_("Invalid argument"),        N_("Too many open files in system"),
    N_("Too many open files"),     N_("File too large"),
    N_("No space left on device"), N_("Read-only file system"),
    N_("File name too long"),      N_("Too many levels of symbolic links"),
    N_("Disk quota exceeded"),     N_("Resource temporarily unavailable"),
};

}  // namespace

DescriptorLimit raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
    DescriptorLimit result{limit.rlim_cur, limit.rlim_cur, limit.rlim_max};
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) result.soft = limit.rlim_cur;
    return result;
}

bool forbid_core_dumps() {
    // Both: the limit is ignored where the kernel pipes cores to a program.
    const rlimit none{0, 0};
    const bool limited = ::setrlimit(RLIMIT_CORE, &none) == 0;
    return ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && limited;
}

void ignore_write_signals() {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    for (const int signal : {SIGPIPE, SIGXFSZ}) ::sigaction(signal, &ignore, nullptr);
}

std::uint64_t fresh_seed() {
    std::uint64_t seed = 0;
    for (;;) {
        const ssize_t n = ::getrandom(&seed, sizeof seed, 0);
        if (n == static_cast<ssize_t>(sizeof seed)) return seed;
        if (n < 0 && errno != EINTR) {
            throw FatalError("getrandom: " + errno_error(errno).code.message());
        }
    }
}

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
    // A pipe may be read, but not waited for without end: the loop stands still meanwhile.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!file) return errno_error(errno);
    std::string content;
    std::array<char, 16 * 1024> piece{};
    for (;;) {
        // One byte past the limit tells "just fits" from "too large".
        const std::size_t wanted = std::min(piece.size(), max_bytes - content.size() + 1);
        const ssize_t n = ::read(file.get(), piece.data(), wanted);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN && comes_soon(file.get())) continue;
        if (n < 0) return errno_error(errno);
        if (n == 0) return content;
        content.append(piece.data(), static_cast<std::size_t>(n));
        if (content.size() > max_bytes) return errno_error(EFBIG);
    }
}

std::string describe_system_error(int error, const Catalog& catalog) {
    const std::string message = boost::system::generic_category().message(error);
    return std::string(catalog.text(message));
}

void hide_environment(std::string_view prefix) {
    std::vector<std::string> names;
    for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        if (text.starts_with(prefix)) names.emplace_back(text.substr(0, text.find('=')));
    }
    for (const std::string& name : names) {
        const char* const value = std::getenv(name.c_str());
        if (value != nullptr) hidden_variables()[name] = value;
        ::unsetenv(name.c_str());
    }
}

void prepare_environment() {
    // libpq; FreeTDS, which would even write passwords to the file that TDSDUMP names; libmariadb,
    // which would load the plugins that LIBMYSQL_PLUGINS names.
    for (const char* const client : {"PG", "TDS", "FREETDS", "LIBMYSQL", "MARIADB_", "MYSQL_"}) {
        hide_environment(client);
    }
    FreetdsFile::of_process();
}

std::optional<std::string> environment_variable(const std::string& name) {
    const auto hidden = hidden_variables().find(name);
    if (hidden != hidden_variables().end()) return hidden->second;
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
}

std::string account_name() {
    std::array<char, 4096> room{};
    passwd entry{};
    passwd* found = nullptr;
    ::getpwuid_r(::geteuid(), &entry, room.data(), room.size(), &found);
    return found == nullptr ? std::string("vigia") : std::string(found->pw_name);
}

ConfigSources real_sources(std::string base_directory) {
    ConfigSources sources;
    sources.read_file = [](const std::string& path) -> std::optional<std::string> {
        Result<std::string> content = read_file(path, kMaxReferencedFile);
        if (!content) return std::nullopt;
        return std::move(*content);
    };
    sources.environment = environment_variable;
    sources.ascii_host = ascii_host;
    sources.base_directory = std::move(base_directory);
    return sources;
}

}  // namespace vigia
