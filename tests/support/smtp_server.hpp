#pragma once

#include "tests/support/tcp_peer.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vigia::test {

/// A message as a mail server got it: the envelope, and the data with the dots unstuffed.
struct ReceivedMail {
    std::string from;
    std::vector<std::string> to;
    std::string data;
    bool encrypted = false;
    bool authenticated = false;
};

/// A mail server that accepts everything, or fails on demand at any phase. Runs on the loop of what
/// is tested.
class SmtpServer {
public:
    /// When something out of the ordinary happens.
    enum class At : std::uint8_t {
        connect,  ///< before the greeting
        greeting,
        ehlo,
        starttls,   ///< the command
        handshake,  ///< the TLS handshake
        auth,
        mail,
        rcpt,
        data,             ///< the command
        acknowledgement,  ///< after the final dot
        quit,
    };
    enum class What : std::uint8_t { reply, stall, drop, reset };
    struct Fault {
        What what = What::reply;
        std::string reply;  ///< instead of the usual one: "550 5.1.1 no such user"
    };

    struct Options {
        std::shared_ptr<boost::asio::ssl::context> tls;  ///< null: plain only
        bool implicit_tls = false;
        std::string mechanisms;  ///< "PLAIN LOGIN"; empty: AUTH is not offered
        std::string user = "ana";
        std::string password = "clave";
        bool smtp_utf8 = false;
        bool helo_only = false;  ///< EHLO is not understood
    };

    SmtpServer(boost::asio::io_context& io, Options options);
    SmtpServer(const SmtpServer&) = delete;
    SmtpServer& operator=(const SmtpServer&) = delete;

    void fault(At at, Fault fault) { faults_[at] = std::move(fault); }
    void clear_faults() { faults_.clear(); }

    std::uint16_t port() const { return server_.port(); }
    int connections() const { return server_.connections(); }
    int open_connections() const { return server_.open_connections(); }
    const std::vector<ReceivedMail>& mails() const { return mails_; }
    /// The verbs of all commands, in order: "EHLO", "MAIL", …
    const std::vector<std::string>& commands() const { return commands_; }
    bool saw(const std::string& verb) const;

private:
    /// One connection's state.
    struct Dialogue {
        TcpPeer& peer;
        ReceivedMail mail;
        bool over = false;
    };

    boost::asio::awaitable<void> serve(TcpPeer& peer);
    boost::asio::awaitable<void> answer(Dialogue& dialogue, std::string line);
    boost::asio::awaitable<void> say(Dialogue& dialogue, At at, std::string usual);
    boost::asio::awaitable<void> greet(Dialogue& dialogue);
    boost::asio::awaitable<void> start_tls(Dialogue& dialogue);
    boost::asio::awaitable<void> authenticate(Dialogue& dialogue, std::string line);
    boost::asio::awaitable<void> receive(Dialogue& dialogue);
    bool faulty(At at) const { return faults_.count(at) != 0; }

    Options options_;
    std::map<At, Fault> faults_;
    std::vector<ReceivedMail> mails_;
    std::vector<std::string> commands_;
    ScriptedServer server_;
};

}  // namespace vigia::test
