#include "tests/support/server_process.hpp"

#include <array>
#include <cstdlib>
#include <fstream>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace vigia::test {

namespace {

constexpr uid_t kRoot = 0;
constexpr int kLookMs = 10;

// USR1: the tests ask the server to stop. TERM: the tests are gone.
constexpr const char* kGuard = R"(
home=$1 signal=$2; shift 2
trap 'kill -$signal $pid 2>/dev/null; wait $pid; exit' USR1
trap 'kill -QUIT $pid; kill -KILL $pid; wait $pid; rm -rf "$home"; exit' TERM
"$@" </dev/null >>"$home/log" 2>&1 &
pid=$!
wait $pid
)";

bool is_root() {
    return ::geteuid() == kRoot;
}

/// Begins `command` as the server's user.
pid_t spawn(std::vector<std::string> command, bool dies_with_us) {
    std::vector<std::string> words = {"setpriv"};
    if (is_root()) words.insert(words.end(), {"--reuid=nobody", "--regid=nogroup"});
    if (is_root()) words.emplace_back("--clear-groups");
    if (dies_with_us) words.emplace_back("--pdeathsig=TERM");
    if (words.size() == 1) words.clear();  // setpriv wants something to do
    words.insert(words.end(), command.begin(), command.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::array<std::string, 3> variables = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
                                            "TZ=UTC"};
    std::array<char*, 4> environment = {variables[0].data(), variables[1].data(),
                                        variables[2].data(), nullptr};
    pid_t pid = -1;
    if (::posix_spawnp(&pid, arguments[0], nullptr, nullptr, arguments.data(),
                       environment.data()) != 0) {
        throw std::runtime_error("cannot run " + words.front());
    }
    return pid;
}

}  // namespace

ServerHome::ServerHome() {
    // Not deep below: the names of Unix sockets have at most 107 bytes.
    std::string name = (std::filesystem::temp_directory_path() / "vigia-server-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp: " + name);
    path_ = name;
    if (!is_root()) return;
    const passwd* const nobody = ::getpwnam("nobody");
    if (nobody == nullptr || ::chown(name.c_str(), nobody->pw_uid, nobody->pw_gid) != 0) {
        throw std::runtime_error("chown: " + name);
    }
}

ServerHome::~ServerHome() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

void ServerHome::write(std::string_view name, std::string_view content) const {
    const std::string path = file(name);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    struct stat owner {};
    ::stat(path_.c_str(), &owner);
    if (::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0 ||
        (is_root() && ::chown(path.c_str(), owner.st_uid, owner.st_gid) != 0)) {
        throw std::runtime_error("cannot write " + path);
    }
}

void ServerHome::run(std::vector<std::string> command) const {
    std::vector<std::string> words = {"sh", "-c", R"(exec "$@" </dev/null >>"$0" 2>&1)",
                                      file("log")};
    words.insert(words.end(), command.begin(), command.end());
    const pid_t pid = spawn(std::move(words), false);
    int status = 0;
    ::waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    std::ifstream log(file("log"));
    throw std::runtime_error(command.front() +
                             " failed: " + std::string(std::istreambuf_iterator<char>(log), {}));
}

ServerProcess::ServerProcess(const ServerHome& home, std::string stop_signal,
                             std::vector<std::string> command) {
    std::vector<std::string> words = {
        "sh", "-c", kGuard, "guard", home.path().string(), std::move(stop_signal)};
    words.insert(words.end(), command.begin(), command.end());
    pid_ = spawn(std::move(words), true);
}

ServerProcess::~ServerProcess() {
    if (!running()) return;
    ::kill(pid_, SIGUSR1);
    ::waitpid(pid_, nullptr, 0);
}

bool ServerProcess::running() {
    if (!ended_) ended_ = ::waitpid(pid_, nullptr, WNOHANG) != 0;
    return !ended_;
}

int free_port() {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool bound = ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                       ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    ::close(descriptor);
    if (!bound) throw std::runtime_error("no free port");
    return ntohs(address.sin_port);
}

void let_others_run() {
    ::poll(nullptr, 0, kLookMs);
}

void server_did_not_start() {
    throw std::runtime_error("a server did not start: see its log");
}

}  // namespace vigia::test
