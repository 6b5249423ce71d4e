#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace vigia::test {

/// A fresh directory for a real server, which belongs to the user that the server runs as: nobody
/// if the tests run as root, since database servers refuse root. Removed with all its content.
class ServerHome {
public:
    ServerHome();
    ~ServerHome();
    ServerHome(const ServerHome&) = delete;
    ServerHome& operator=(const ServerHome&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::string file(std::string_view name) const { return (path_ / name).string(); }

    /// Writes or replaces a file that the server's user owns and nobody else may read.
    void write(std::string_view name, std::string_view content) const;

    /// Runs a command as the server's user to its end; throws if it fails. Its output goes to
    /// the file `log`.
    void run(std::vector<std::string> command) const;

private:
    std::filesystem::path path_;
};

/// A server's process, run as the user of its home; its output goes to the file `log` there. When
/// the tests die in whatever way, it is killed and its home removed.
class ServerProcess {
public:
    /// `stop_signal`, by name, asks the server to end: "INT".
    ServerProcess(const ServerHome& home, std::string stop_signal,
                  std::vector<std::string> command);
    ~ServerProcess();
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;

    /// False once it has ended.
    bool running();

private:
    pid_t pid_;
    bool ended_ = false;
};

/// A port of 127.0.0.1 where nobody listens at the moment.
int free_port();

/// Looks every few milliseconds, for at most a minute, whether `ready()`, and throws if it never
/// is or `process` ends before.
template <class Ready>
void wait_for_server(ServerProcess& process, Ready ready);

/// Blocks for some milliseconds.
void let_others_run();

[[noreturn]] void server_did_not_start();

template <class Ready>
void wait_for_server(ServerProcess& process, Ready ready) {
    constexpr int kLooks = 6000;
    for (int look = 0; look < kLooks; ++look) {
        if (ready()) return;
        if (!process.running()) break;
        let_others_run();
    }
    server_did_not_start();
}

}  // namespace vigia::test
