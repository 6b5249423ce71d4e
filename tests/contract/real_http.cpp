#include "tests/contract/real_http.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

namespace vigia::test {

namespace asio = boost::asio;

namespace {

asio::awaitable<void> take_request(TcpPeer& peer) {
    co_await peer.read_until("\r\n\r\n");
}

class RealHttpWorld final : public HttpWorld {
public:
    std::string url(Site site) override {
        switch (site) {
            case Site::answers:
                return real_.answering(ok("hello"));
            case Site::answers_503:
                return real_.answering("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
            case Site::refuses:
                return "http://127.0.0.1:" + std::to_string(refused_port(real_.io)) + "/";
            case Site::resets:
                return real_.site([](TcpPeer& peer) -> asio::awaitable<void> {
                    co_await take_request(peer);
                    peer.reset();
                });
            case Site::hangs:
                return real_.site(
                    [](TcpPeer& peer) -> asio::awaitable<void> { co_await peer.read_all(); });
            case Site::truncates:
                return real_.answering("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello");
            case Site::unknown_name:
                return "http://absent.test/";
        }
        return {};
    }

    MonoTime now() const override { return real_.clock.now().mono; }

    HttpExchange fetch(HttpFetch request) override {
        return run(real_.io, real_.client().fetch(std::move(request)));
    }

    HttpExchange fetch_cancelled(HttpFetch request) override {
        asio::cancellation_signal signal;
        std::optional<HttpExchange> result;
        asio::co_spawn(real_.io, real_.client().fetch(std::move(request)),
                       asio::bind_cancellation_slot(
                           signal.slot(), [&result](std::exception_ptr, HttpExchange exchange) {
                               result = std::move(exchange);
                           }));
        run_until(real_.io, [this] { return real_.last_server().open_connections() > 0; });
        signal.emit(asio::cancellation_type::terminal);
        run_until(real_.io, [&result] { return result.has_value(); });
        return *std::move(result);
    }

private:
    RealHttp real_;
};

}  // namespace

std::unique_ptr<HttpWorld> make_real_http_world() {
    return std::make_unique<RealHttpWorld>();
}

}  // namespace vigia::test
