#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <sys/types.h>

namespace vigia::test {

/// A test server of tests/protocol in a process of its own, which ends with this object, and with
/// the tests however they end. How to talk to it: tests/protocol/scaffold.py. Blocking.
class ProtocolServer {
public:
    /// `program` in tests/protocol: "mysql_server.py"; `options` is a JSON object.
    ProtocolServer(const std::string& program, const std::string& options);
    ~ProtocolServer();
    ProtocolServer(const ProtocolServer&) = delete;
    ProtocolServer& operator=(const ProtocolServer&) = delete;

    std::uint16_t port() const { return port_; }

    /// Every connection that gets to `phase` now meets a fault of this kind.
    void fault(const std::string& phase, const std::string& kind);
    /// No more faults.
    void behave();
    /// False: all connections end, and the port is closed; true: it is back.
    void listen(bool on);
    /// Replaces options for connections to come: a JSON object.
    void set(const std::string& options);
    /// What was seen so far, as JSON.
    std::string stats();
    /// A number of it.
    int count(const std::string& name);

private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    using File = std::unique_ptr<std::FILE, Close>;

    std::string tell(const std::string& line);
    std::string answer();

    File to_;
    File from_;
    pid_t pid_ = -1;
    std::uint16_t port_ = 0;
};

}  // namespace vigia::test
