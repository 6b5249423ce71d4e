#include "tests/support/protocol_server.hpp"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace vigia::test {

namespace {

constexpr const char* kDirectory = VIGIA_SOURCE_DIR "/tests/protocol/";

/// Reading and writing end, closed on exec.
std::array<int, 2> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    return ends;
}

/// What follows `"name": ` in JSON.
std::string value_of(const std::string& json, const std::string& name) {
    const std::string key = '"' + name + "\": ";
    const std::size_t found = json.find(key);
    if (found == std::string::npos) throw std::runtime_error("no " + name + " in " + json);
    return json.substr(found + key.size());
}

}  // namespace

ProtocolServer::ProtocolServer(const std::string& program, const std::string& options) {
    const std::array<int, 2> in = make_pipe();
    const std::array<int, 2> out = make_pipe();
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    std::array<std::string, 6> words = {"setpriv", "--pdeathsig=KILL",   "python3",
                                        "-B",      kDirectory + program, options};
    std::array<std::string, 2> variables = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"};
    std::array<char*, 3> environment = {variables[0].data(), variables[1].data(), nullptr};
    std::array<char*, 7> arguments{};
    for (std::size_t at = 0; at < words.size(); ++at) arguments[at] = words[at].data();
    const int failed = ::posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(),
                                      environment.data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]);
    ::close(out[1]);
    to_.reset(::fdopen(in[1], "w"));
    from_.reset(::fdopen(out[0], "r"));
    if (failed != 0) throw std::runtime_error("cannot run " + program);
    port_ = static_cast<std::uint16_t>(std::stoi(value_of(answer(), "port")));
}

ProtocolServer::~ProtocolServer() {
    to_.reset();  // the end of its input stops it
    ::waitpid(pid_, nullptr, 0);
}

std::string ProtocolServer::answer() {
    std::string line;
    for (int c = std::fgetc(from_.get()); c != '\n'; c = std::fgetc(from_.get())) {
        if (c == EOF) throw std::runtime_error("a protocol server ended");
        line += static_cast<char>(c);
    }
    if (line.starts_with("{\"error\"")) throw std::runtime_error(line);
    return line;
}

std::string ProtocolServer::tell(const std::string& line) {
    std::fputs((line + '\n').c_str(), to_.get());
    std::fflush(to_.get());
    return answer();
}

void ProtocolServer::fault(const std::string& phase, const std::string& kind) {
    tell(R"({"fault": {"phase": ")" + phase + R"(", "kind": ")" + kind + R"("}})");
}

void ProtocolServer::behave() {
    tell(R"({"fault": null})");
}

void ProtocolServer::listen(bool on) {
    tell(on ? R"({"listen": true})" : R"({"listen": false})");
}

void ProtocolServer::set(const std::string& options) {
    tell(R"({"set": )" + options + "}");
}

std::string ProtocolServer::stats() {
    return tell(R"({"stats": true})");
}

int ProtocolServer::count(const std::string& name) {
    return std::stoi(value_of(stats(), name));
}

}  // namespace vigia::test
