// CurlHttpClient over TLS: who is trusted, what is told of certificates, and how handshakes fail.

#include "tests/contract/real_http.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/asio/ssl/context.hpp>
#include <openssl/ssl.h>

namespace vigia::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;

/// An authority, a client that trusts it, and servers with its certificates.
class HttpTls : public ::testing::Test {
protected:
    /// An https URL where `context` is presented, and 200 answered.
    std::string serve(ssl::context context, const std::string& host = "127.0.0.1") {
        const auto shared = std::make_shared<ssl::context>(std::move(context));
        const auto script = [this, shared](TcpPeer& peer) -> asio::awaitable<void> {
            const bool agreed = co_await peer.handshake(*shared);
            if (!agreed) co_return;
            head_ = co_await peer.read_until("\r\n\r\n");
            co_await peer.write(ok("hello"));
        };
        return "https://" + host + ":" + std::to_string(real_.serve(script)) + "/";
    }

    HttpTarget target(std::string url) const {
        HttpTarget made;
        made.url = std::move(url);
        made.tls.ca_file = directory_.file("ca.pem");
        return made;
    }

    TemporaryDirectory directory_;
    Certificate authority_{authority_spec("test authority"), nullptr};
    RealHttp real_;
    std::string head_;

    void SetUp() override { directory_.write("ca.pem", authority_.certificate_pem()); }
};

TEST_F(HttpTls, AGoodCertificateIsAcceptedAndSummarised) {
    const Certificate leaf(loopback_spec("the site"), &authority_);
    const HttpExchange exchange = real_.fetch(target(serve(server_context(leaf))));
    EXPECT_EQ(brief(exchange), "good");
    EXPECT_EQ(exchange.body, "hello");
    ASSERT_TRUE(exchange.tls);
    EXPECT_EQ(exchange.tls->version, "TLSv1.3");
    EXPECT_EQ(exchange.tls->subject, "CN=the site");
    EXPECT_EQ(exchange.tls->issuer, "CN=test authority");
    const Duration left = exchange.tls->not_after - real_.clock.now().wall;
    EXPECT_NEAR(to_seconds(left), 90 * 86400.0, 120.0);
    EXPECT_GT(exchange.timings.tls, Duration::zero());
}

TEST_F(HttpTls, EachFaultOfACertificateHasItsReasonAndItsSummary) {
    struct Case {
        const char* what;
        CertificateSpec spec;
        const Certificate* issuer;
        const char* expected;
    };
    CertificateSpec expired = loopback_spec("site");
    expired.from = -48h;
    expired.until = -24h;
    CertificateSpec future = loopback_spec("site");
    future.from = 24h;
    const Certificate unknown(authority_spec("unknown authority"), nullptr);
    const Case cases[] = {
        {"expired", expired, &authority_, "tls certificate_expired"},
        {"not yet valid", future, &authority_, "tls certificate_not_yet_valid"},
        {"self-signed", loopback_spec("site"), nullptr, "tls certificate_self_signed"},
        {"unknown authority", loopback_spec("site"), &unknown, "tls certificate_untrusted"},
        {"wrong host", certificate_spec("site", "DNS:other.test"), &authority_,
         "tls certificate_wrong_host"},
        {"no name", certificate_spec("other.test", ""), &authority_, "tls certificate_wrong_host"},
    };
    for (const Case& one : cases) {
        const std::string url = serve(server_context(Certificate(one.spec, one.issuer)));
        const HttpExchange strict = real_.fetch(target(url));
        EXPECT_EQ(brief(strict), one.expected) << one.what;
        ASSERT_TRUE(strict.tls) << one.what;
        HttpTarget lax = target(url);
        lax.tls.verify = false;
        const HttpExchange exchange = real_.fetch(lax);
        EXPECT_EQ(brief(exchange), "good") << one.what;
        ASSERT_TRUE(exchange.tls) << one.what;
        EXPECT_EQ(exchange.tls->not_after, strict.tls->not_after);
    }
}

TEST_F(HttpTls, TheEarliestExpiryOfTheChainIsTold) {
    CertificateSpec short_lived = authority_spec("intermediate");
    short_lived.until = 24h * 5;
    const Certificate intermediate(short_lived, &authority_);
    const Certificate leaf(loopback_spec("site"), &intermediate);
    const HttpExchange exchange =
        real_.fetch(target(serve(server_context(leaf, intermediate.certificate_pem()))));
    EXPECT_EQ(brief(exchange), "good");
    const Duration left = exchange.tls->not_after - real_.clock.now().wall;
    EXPECT_NEAR(to_seconds(left), 5 * 86400.0, 120.0);
}

TEST_F(HttpTls, AnExpiryBeyondWhatNanosecondsCanHoldIsTheLastThatTheyCan) {
    CertificateSpec eternal = loopback_spec("site");
    eternal.until = 24h * 365 * 500;
    const HttpExchange exchange =
        real_.fetch(target(serve(server_context(Certificate(eternal, &authority_)))));
    EXPECT_EQ(brief(exchange), "good");
    EXPECT_GT(exchange.tls->not_after, real_.clock.now().wall + 24h * 365 * 200);
}

TEST_F(HttpTls, TheSystemsStoreIsUsedWhereNoFileIsNamed) {
    HttpClientOptions options;
    options.ca_file = directory_.file("ca.pem");
    RealHttp trusting(options);
    const auto context = std::make_shared<ssl::context>(
        server_context(Certificate(loopback_spec("site"), &authority_)));
    const auto script = [context](TcpPeer& peer) -> asio::awaitable<void> {
        const bool agreed = co_await peer.handshake(*context);
        if (!agreed) co_return;
        co_await peer.read_until("\r\n\r\n");
        co_await peer.write(ok("hello"));
    };
    const std::string url = "https://127.0.0.1:" + std::to_string(trusting.serve(script)) + "/";
    EXPECT_EQ(brief(trusting.fetch(url)), "good");
    // A file of its own replaces the system's store.
    directory_.write("other.pem", Certificate(authority_spec("other"), nullptr).certificate_pem());
    HttpTarget other;
    other.url = url;
    other.tls.ca_file = directory_.file("other.pem");
    EXPECT_EQ(brief(trusting.fetch(other)), "tls certificate_untrusted");
    EXPECT_EQ(brief(trusting.fetch(url)), "good") << "stores of one client do not mix";
}

TEST_F(HttpTls, ACaFileThatCannotBeUsedIsToldAsSuch) {
    const std::string url = serve(server_context(Certificate(loopback_spec("site"), &authority_)));
    HttpTarget missing = target(url);
    missing.tls.ca_file = directory_.file("absent.pem");
    EXPECT_EQ(brief(real_.fetch(missing)), "tls unusable_ca_file");
    directory_.write("garbage.pem", "not a certificate");
    HttpTarget garbage = target(url);
    garbage.tls.ca_file = directory_.file("garbage.pem");
    EXPECT_EQ(brief(real_.fetch(garbage)), "tls unusable_ca_file");
    EXPECT_EQ(real_.fetch(garbage).failure->detail, garbage.tls.ca_file);
    EXPECT_EQ(brief(real_.fetch(target(url))), "good");
}

TEST_F(HttpTls, ASelfSignedCertificateMayBeItsOwnAuthority) {
    const Certificate own(loopback_spec("site"), nullptr);
    directory_.write("own.pem", own.certificate_pem());
    HttpTarget trusting = target(serve(server_context(own)));
    trusting.tls.ca_file = directory_.file("own.pem");
    EXPECT_EQ(brief(real_.fetch(trusting)), "good");
}

TEST_F(HttpTls, TheServerNameIsSentAndVerifiedInsteadOfTheHost) {
    const Certificate leaf(certificate_spec("site", "DNS:inner.test"), &authority_);
    ssl::context context = server_context(leaf);
    std::string indicated;
    SSL_CTX_set_tlsext_servername_arg(context.native_handle(), &indicated);
    SSL_CTX_set_tlsext_servername_callback(
        context.native_handle(), +[](SSL* ssl, int*, void* to) {
            const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
            *static_cast<std::string*>(to) = name == nullptr ? "" : name;
            return SSL_TLSEXT_ERR_OK;
        });
    const std::string url = serve(std::move(context));
    EXPECT_EQ(brief(real_.fetch(target(url))), "tls certificate_wrong_host");
    EXPECT_EQ(indicated, "") << "no name for an address";
    HttpTarget named = target(url);
    named.tls.server_name = "inner.test";
    const HttpExchange exchange = real_.fetch(named);
    EXPECT_EQ(brief(exchange), "good");
    EXPECT_EQ(indicated, "inner.test");
    EXPECT_EQ(exchange.effective_url, url);
    EXPECT_NE(head_.find("Host: " + url.substr(8, url.size() - 9) + "\r\n"), std::string::npos);
    EXPECT_EQ(real_.dns.queries("inner.test"), 0);
    named.tls.server_name = "wrong.test";
    EXPECT_EQ(brief(real_.fetch(named)), "tls certificate_wrong_host");

    real_.dns.address("outer.test", "127.0.0.1");
    HttpTarget by_name = target("https://outer.test:" + url.substr(url.rfind(':') + 1));
    by_name.tls.server_name = "inner.test";
    EXPECT_EQ(brief(real_.fetch(by_name)), "good");
    EXPECT_NE(head_.find("Host: outer.test:"), std::string::npos);
}

TEST_F(HttpTls, AClientCertificateIsPresented) {
    const Certificate client(certificate_spec("client", ""), &authority_);
    directory_.write("client.pem", client.certificate_pem());
    directory_.write("client.key", client.key_pem());
    directory_.write("both.pem", client.certificate_pem() + client.key_pem());
    const std::string url =
        serve(mutual_context(Certificate(loopback_spec("s"), &authority_), authority_));
    HttpTarget with = target(url);
    with.tls.cert_file = directory_.file("client.pem");
    with.tls.key_file = directory_.file("client.key");
    EXPECT_EQ(brief(real_.fetch(with)), "good");
    with.tls.cert_file = directory_.file("both.pem");
    with.tls.key_file.clear();
    EXPECT_EQ(brief(real_.fetch(with)), "good");

    const HttpExchange without = real_.fetch(target(url));
    ASSERT_TRUE(without.failure);
    EXPECT_EQ(without.failure->code, ReasonCode::tls_failure) << brief(without);
    EXPECT_FALSE(without.failure->detail.empty());

    with.tls.cert_file = directory_.file("absent.pem");
    EXPECT_EQ(brief(real_.fetch(with)), "tls unusable_client_certificate");
    directory_.write("garbage.pem", "not a key");
    with.tls.cert_file = directory_.file("client.pem");
    with.tls.key_file = directory_.file("garbage.pem");
    EXPECT_EQ(brief(real_.fetch(with)), "tls unusable_client_certificate");
}

TEST_F(HttpTls, BrokenHandshakesAreToldByReason) {
    const auto url = [this](Script script) {
        return "https" + real_.site(std::move(script)).substr(4);
    };
    const std::string plain = url([](TcpPeer& peer) -> asio::awaitable<void> {
        co_await peer.read_exactly(1);
        co_await peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
        co_await peer.read_all();
    });
    EXPECT_EQ(brief(real_.fetch(plain)), "tls tls_failure");
    const std::string resets = url([](TcpPeer& peer) -> asio::awaitable<void> {
        co_await peer.read_exactly(1);
        peer.reset();
    });
    EXPECT_EQ(brief(real_.fetch(resets)), "tls connection_reset");
    const std::string closes =
        url([](TcpPeer& peer) -> asio::awaitable<void> { co_await peer.read_exactly(1); });
    EXPECT_TRUE(brief(real_.fetch(closes)).starts_with("tls ")) << brief(real_.fetch(closes));
    const std::string silent =
        url([](TcpPeer& peer) -> asio::awaitable<void> { co_await peer.read_all(); });
    EXPECT_EQ(brief(real_.fetch(silent, 100ms)), "tls timeout");
    // The header of a ServerHello, and no more.
    const std::string half = url([](TcpPeer& peer) -> asio::awaitable<void> {
        co_await peer.read_exactly(100);
        co_await peer.write(std::string("\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03", 11));
        co_await peer.read_all();
    });
    EXPECT_EQ(brief(real_.fetch(half, 100ms)), "tls timeout");
}

TEST_F(HttpTls, ConnectionsAreNeverResumed) {
    const std::string url = serve(server_context(Certificate(loopback_spec("site"), &authority_)));
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(real_.fetch(target(url)).tls) << i;
}

}  // namespace
}  // namespace vigia::test
