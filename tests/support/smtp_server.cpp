#include "tests/support/smtp_server.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <openssl/evp.h>
#include <string_view>
#include <utility>

namespace vigia::test {

namespace asio = boost::asio;

namespace {

std::string decoded(std::string_view base64) {
    std::string out(base64.size(), '\0');
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(base64.data()),
                                     static_cast<int>(base64.size()));
    const auto padding = std::count(base64.begin(), base64.end(), '=');
    out.resize(static_cast<std::size_t>(std::max<long>(0, size - padding)));
    return out;
}

std::string without_line_end(std::string line) {
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.pop_back();
    return line;
}

/// What stands between the angle brackets.
std::string address_in(const std::string& line) {
    const std::size_t begin = line.find('<');
    const std::size_t end = line.find('>');
    if (begin == std::string::npos || end == std::string::npos) return {};
    return line.substr(begin + 1, end - begin - 1);
}

}  // namespace

SmtpServer::SmtpServer(asio::io_context& io, Options options)
    : options_(std::move(options)), server_(io, [this](TcpPeer& peer) { return serve(peer); }) {}

bool SmtpServer::saw(const std::string& verb) const {
    return std::find(commands_.begin(), commands_.end(), verb) != commands_.end();
}

asio::awaitable<void> SmtpServer::serve(TcpPeer& peer) {
    Dialogue dialogue{peer, {}, false};
    co_await greet(dialogue);
    while (!dialogue.over) {
        std::string line = co_await peer.read_until("\r\n");
        if (line.empty()) break;
        co_await answer(dialogue, without_line_end(std::move(line)));
    }
}

asio::awaitable<void> SmtpServer::greet(Dialogue& dialogue) {
    if (faulty(At::connect)) co_await say(dialogue, At::connect, "");
    if (!dialogue.over && options_.implicit_tls) co_await start_tls(dialogue);
    if (!dialogue.over) co_await say(dialogue, At::greeting, "220 test.example ESMTP");
}

/// Sends the usual reply, or does what is to happen instead.
asio::awaitable<void> SmtpServer::say(Dialogue& dialogue, At at, std::string usual) {
    const auto found = faults_.find(at);
    if (found == faults_.end()) {
        co_await dialogue.peer.write(usual + "\r\n");
        co_return;
    }
    const Fault fault = found->second;
    switch (fault.what) {
        case What::reply:
            co_await dialogue.peer.write(fault.reply + "\r\n");
            co_return;
        case What::stall:
            co_await dialogue.peer.read_all();
            break;
        case What::reset:
            dialogue.peer.reset();
            break;
        case What::drop:
            break;
    }
    dialogue.over = true;
}

asio::awaitable<void> SmtpServer::start_tls(Dialogue& dialogue) {
    if (faulty(At::handshake)) {
        co_await say(dialogue, At::handshake, "");
        dialogue.over = true;
        co_return;
    }
    const bool agreed = co_await dialogue.peer.handshake(*options_.tls);
    dialogue.over = !agreed;
}

asio::awaitable<void> SmtpServer::answer(Dialogue& dialogue, std::string line) {
    const std::string verb = line.substr(0, line.find_first_of(" :"));
    commands_.push_back(verb);
    if (verb == "EHLO") {
        std::string reply = "250-test.example\r\n";
        if (options_.tls && !dialogue.peer.encrypted()) reply += "250-STARTTLS\r\n";
        if (!options_.mechanisms.empty()) reply += "250-AUTH " + options_.mechanisms + "\r\n";
        if (options_.smtp_utf8) reply += "250-SMTPUTF8\r\n";
        reply += "250 HELP";
        if (options_.helo_only) reply = "502 what";
        co_await say(dialogue, At::ehlo, std::move(reply));
    } else if (verb == "HELO") {
        co_await say(dialogue, At::ehlo, "250 test.example");
    } else if (verb == "STARTTLS") {
        co_await say(dialogue, At::starttls, "220 go ahead");
        if (!dialogue.over && !faulty(At::starttls)) co_await start_tls(dialogue);
    } else if (verb == "AUTH") {
        co_await authenticate(dialogue, std::move(line));
    } else if (verb == "MAIL") {
        dialogue.mail.from = address_in(line);
        dialogue.mail.to.clear();
        co_await say(dialogue, At::mail, "250 2.1.0 ok");
    } else if (verb == "RCPT") {
        dialogue.mail.to.push_back(address_in(line));
        co_await say(dialogue, At::rcpt, "250 2.1.5 ok");
    } else if (verb == "DATA") {
        co_await receive(dialogue);
    } else if (verb == "RSET") {
        co_await dialogue.peer.write("250 ok\r\n");
    } else if (verb == "QUIT") {
        co_await say(dialogue, At::quit, "221 bye");
        dialogue.over = true;
    } else {
        co_await dialogue.peer.write("500 what\r\n");
    }
}

asio::awaitable<void> SmtpServer::authenticate(Dialogue& dialogue, std::string line) {
    std::string given;
    if (line.find("PLAIN") != std::string::npos) {
        std::string response = line.size() > 11 ? line.substr(11) : "";
        if (response.empty()) {
            co_await dialogue.peer.write("334 \r\n");
            response = co_await dialogue.peer.read_until("\r\n");
        }
        given = decoded(without_line_end(std::move(response)));
    } else {
        co_await dialogue.peer.write("334 VXNlcm5hbWU6\r\n");
        std::string user = co_await dialogue.peer.read_until("\r\n");
        co_await dialogue.peer.write("334 UGFzc3dvcmQ6\r\n");
        std::string password = co_await dialogue.peer.read_until("\r\n");
        given = std::string(1, '\0') + decoded(without_line_end(std::move(user))) +
                std::string(1, '\0') + decoded(without_line_end(std::move(password)));
    }
    const std::string wanted =
        std::string(1, '\0') + options_.user + std::string(1, '\0') + options_.password;
    dialogue.mail.authenticated = given == wanted && !faulty(At::auth);
    std::string reply = given == wanted ? "235 2.7.0 ok" : "535 5.7.8 bad credentials";
    co_await say(dialogue, At::auth, std::move(reply));
}

asio::awaitable<void> SmtpServer::receive(Dialogue& dialogue) {
    co_await say(dialogue, At::data, "354 go ahead");
    if (dialogue.over || faulty(At::data)) co_return;
    dialogue.mail.data.clear();
    for (;;) {
        std::string line = co_await dialogue.peer.read_until("\r\n");
        if (line.empty()) {
            dialogue.over = true;
            co_return;
        }
        if (line == ".\r\n") break;
        dialogue.mail.data += line.starts_with('.') ? line.substr(1) : line;
    }
    dialogue.mail.encrypted = dialogue.peer.encrypted();
    if (!faulty(At::acknowledgement)) mails_.push_back(dialogue.mail);
    co_await say(dialogue, At::acknowledgement, "250 2.0.0 queued");
}

}  // namespace vigia::test
