#include "tests/support/dns_server.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <optional>
#include <string_view>
#include <utility>

namespace vigia::test {

namespace asio = boost::asio;
using asio::ip::udp;

namespace {

constexpr std::uint16_t kA = 1;
constexpr std::uint16_t kAaaa = 28;
constexpr std::size_t kHeader = 12;

struct Question {
    std::string name;
    std::uint16_t type = 0;
    std::size_t end = 0;  // of the question, in the message
};

std::optional<Question> parse(std::string_view message) {
    Question question;
    std::size_t at = kHeader;
    while (at < message.size() && message[at] != 0) {
        const auto length = static_cast<unsigned char>(message[at]);
        if (at + 1 + length > message.size()) return std::nullopt;
        if (!question.name.empty()) question.name += '.';
        question.name += message.substr(at + 1, length);
        at += 1U + length;
    }
    if (at + 5 > message.size()) return std::nullopt;
    question.type = static_cast<std::uint16_t>(static_cast<unsigned char>(message[at + 1]) << 8U |
                                               static_cast<unsigned char>(message[at + 2]));
    question.end = at + 5;
    return question;
}

void append16(std::string& out, std::uint32_t value) {
    out += static_cast<char>(value >> 8U & 0xffU);
    out += static_cast<char>(value & 0xffU);
}

template <class Bytes>
void append_record(std::string& out, std::uint16_t type, std::uint32_t ttl, const Bytes& bytes) {
    append16(out, 0xc00c);  // the name of the question
    append16(out, type);
    append16(out, 1);
    append16(out, ttl >> 16U);
    append16(out, ttl & 0xffffU);
    append16(out, static_cast<std::uint32_t>(bytes.size()));
    for (const auto byte : bytes) out += static_cast<char>(byte);
}

/// The reply; empty for none.
std::string reply_to(std::string_view query, const Question& question,
                     const DnsServer::Record& record) {
    using Answer = DnsServer::Answer;
    if (record.answer == Answer::silence || (record.silent_v6 && question.type == kAaaa)) return {};
    std::uint32_t code = 0;
    if (record.answer == Answer::servfail) code = 2;
    if (record.answer == Answer::nxdomain) code = 3;
    if (record.answer == Answer::refused) code = 5;
    std::string records;
    std::uint32_t count = 0;
    for (const asio::ip::address& one : record.addresses) {
        if (one.is_v4() && question.type == kA) {
            append_record(records, kA, record.ttl, one.to_v4().to_bytes());
            ++count;
        } else if (one.is_v6() && question.type == kAaaa) {
            append_record(records, kAaaa, record.ttl, one.to_v6().to_bytes());
            ++count;
        }
    }
    std::string reply(query.substr(0, 2));
    append16(reply, 0x8180U | code);
    append16(reply, 1);
    append16(reply, count);
    append16(reply, 0);
    append16(reply, 0);
    reply += query.substr(kHeader, question.end - kHeader);
    return reply + records;
}

}  // namespace

struct DnsServer::State {
    explicit State(asio::io_context& io)
        : socket(io, udp::endpoint(asio::ip::address_v4::loopback(), 0)) {}

    udp::socket socket;
    std::map<std::string, Record> records;
    std::map<std::string, int> queries;
    bool dead = false;
};

DnsServer::DnsServer(asio::io_context& io) : state_(std::make_shared<State>(io)) {
    asio::co_spawn(io, serve(state_), asio::detached);
}

DnsServer::~DnsServer() {
    boost::system::error_code ignored;
    state_->socket.close(ignored);
}

void DnsServer::set(const std::string& name, Record record) {
    state_->records[name] = std::move(record);
}

void DnsServer::address(const std::string& name, const std::string& address) {
    Record record;
    record.addresses.push_back(asio::ip::make_address(address));
    set(name, std::move(record));
}

void DnsServer::answer(const std::string& name, Answer answer) {
    Record record;
    record.answer = answer;
    set(name, std::move(record));
}

void DnsServer::set_dead(bool dead) {
    state_->dead = dead;
}

std::string DnsServer::servers() const {
    return "127.0.0.1:" + std::to_string(state_->socket.local_endpoint().port());
}

int DnsServer::queries(const std::string& name) const {
    const auto found = state_->queries.find(name);
    return found == state_->queries.end() ? 0 : found->second;
}

asio::awaitable<void> DnsServer::serve(std::shared_ptr<State> state) {
    for (;;) {
        std::array<char, 1024> buffer;
        udp::endpoint from;
        boost::system::error_code error;
        auto token = asio::redirect_error(asio::use_awaitable, error);
        const std::size_t size =
            co_await state->socket.async_receive_from(asio::buffer(buffer), from, token);
        if (!state->socket.is_open()) co_return;
        const std::string_view query(buffer.data(), size);
        const std::optional<Question> question = parse(query);
        if (error || !question) continue;
        ++state->queries[question->name];
        if (state->dead) continue;
        Record record;
        record.answer = Answer::nxdomain;
        const auto found = state->records.find(question->name);
        if (found != state->records.end()) record = found->second;
        const std::string reply = reply_to(query, *question, record);
        if (reply.empty()) continue;
        co_await state->socket.async_send_to(asio::buffer(reply), from, token);
    }
}

}  // namespace vigia::test
