// Resolver against a DNS server that answers, refuses or keeps silent.

#include "env/real/resolver.hpp"

#include "base/result.hpp"
#include "env/real/asio_clock.hpp"
#include "tests/support/dns_server.hpp"
#include "tests/support/run_awaitable.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/ip/udp.hpp>
#include <gtest/gtest.h>

namespace vigia::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

class ResolverTest : public ::testing::Test {
protected:
    ResolverTest() { make({}); }

    /// Starts over with a fresh resolver.
    void make(ResolverOptions options) {
        if (options.servers.empty()) options.servers = dns_.servers();
        if (options.try_timeout == ResolverOptions().try_timeout) options.try_timeout = 50ms;
        resolver_.emplace(io_, clock_, options);
    }

    template <class Change>
    static ResolverOptions with(Change change) {
        ResolverOptions options;
        change(options);
        return options;
    }

    Resolution resolve(const std::string& name, Duration within = 10s) {
        return run(io_, resolver_->resolve(name, clock_.now().mono + within));
    }
    std::string code(const std::string& name, Duration within = 10s) {
        return std::string(to_string(resolve(name, within).failure));
    }
    /// The code of `name`, while `other` is asked for too.
    std::string code_beside(const std::string& name, const std::string& other,
                            Duration within = 10s) {
        bool answered = false;
        std::string found;
        asio::co_spawn(io_, resolver_->resolve(other, clock_.now().mono + 10s),
                       [&answered](std::exception_ptr, Resolution) { answered = true; });
        found = code(name, within);
        run_until(io_, [&answered] { return answered; });
        return found;
    }
    /// "a,b", or the reason of the failure.
    std::string addresses(const std::string& name, Duration within = 10s) {
        const Resolution resolution = resolve(name, within);
        return resolution.addresses ? resolution.addresses->joined
                                    : std::string(to_string(resolution.failure));
    }

    asio::io_context io_{1};
    AsioClock clock_{io_};
    DnsServer dns_{io_};
    std::optional<Resolver> resolver_;
};

TEST_F(ResolverTest, TakesAddressesAsTheyAre) {
    EXPECT_EQ(addresses("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(addresses("[2001:db8::1]"), "[2001:db8::1]");
    EXPECT_EQ(addresses("2001:db8::1"), "[2001:db8::1]");
    EXPECT_EQ(resolver_->cached_names(), 0U);
}

TEST_F(ResolverTest, HonoursTheHostsFile) {
    const std::string found = addresses("localhost");
    EXPECT_NE(found.find("127.0.0.1"), std::string::npos) << found;
    EXPECT_EQ(dns_.queries("localhost"), 0);
}

TEST_F(ResolverTest, AsksForBothFamilies) {
    DnsServer::Record both;
    both.addresses = {asio::ip::make_address("127.0.0.2"), asio::ip::make_address("::1")};
    dns_.set("both.test", both);
    const std::string found = addresses("both.test");
    EXPECT_NE(found.find("127.0.0.2"), std::string::npos);
    EXPECT_EQ(dns_.queries("both.test"), 2);
    DnsServer::Record six;
    six.addresses = {asio::ip::make_address("2001:db8::5")};
    dns_.set("six.test", six);
    EXPECT_EQ(addresses("six.test"), "[2001:db8::5]");
}

TEST_F(ResolverTest, TellsFailuresApart) {
    using Answer = DnsServer::Answer;
    dns_.set("nodata.test", {});
    dns_.answer("servfail.test", Answer::servfail);
    dns_.answer("refused.test", Answer::refused);
    dns_.answer("silent.test", Answer::silence);
    dns_.address("good.test", "127.0.0.1");

    EXPECT_EQ(code("servfail.test"), "resolver_dead") << "nothing was ever answered";
    EXPECT_EQ(code("silent.test"), "timeout") << "the root was asked for, and answered";
    EXPECT_EQ(code("silent.test", 30ms), "timeout") << "whatever time there is";
    EXPECT_EQ(code("absent.test"), "name_not_found");
    EXPECT_EQ(code("nodata.test"), "name_no_address");
    EXPECT_EQ(code("good.test"), "none");
    EXPECT_EQ(code("servfail.test"), "name_server_failure");
    EXPECT_EQ(code("refused.test"), "name_server_failure");
    EXPECT_EQ(code(""), "name_not_found");
    EXPECT_EQ(code(std::string(70, 'x') + ".test"), "name_not_found");
    EXPECT_EQ(code("a..test"), "name_not_found");
}

TEST_F(ResolverTest, SilenceForOneNameIsATimeoutIfAnotherIsAnsweredMeanwhile) {
    dns_.answer("silent.test", DnsServer::Answer::silence);
    dns_.address("before.test", "127.0.0.1");
    EXPECT_EQ(code("before.test"), "none");
    EXPECT_EQ(code("silent.test"), "timeout");
    EXPECT_GT(dns_.queries("before.test"), 2) << "A, AAAA, and past the cache";
    EXPECT_EQ(code("silent.test", 30ms), "timeout");
    EXPECT_EQ(code_beside("silent.test", "absent.test"), "timeout") << "any proper answer will do";
    dns_.address("beside.test", "127.0.0.1");
    EXPECT_EQ(code_beside("silent.test", "beside.test", 30ms), "timeout");
}

TEST_F(ResolverTest, WhoJoinsALookupIsJudgedByWhatWasAnsweredSinceThen) {
    dns_.answer("silent.test", DnsServer::Answer::silence);
    dns_.address("before.test", "127.0.0.1");
    make(with([&](ResolverOptions& o) { o.try_timeout = 300ms; }));
    std::optional<ReasonCode> first;
    asio::co_spawn(io_, resolver_->resolve("silent.test", clock_.now().mono + 10s),
                   [&first](std::exception_ptr, Resolution found) { first = found.failure; });
    EXPECT_EQ(code("before.test"), "none");
    dns_.set_dead(true);
    EXPECT_EQ(code("silent.test"), "resolver_dead");
    run_until(io_, [&first] { return first.has_value(); });
    EXPECT_EQ(*first, ReasonCode::timeout);
}

TEST_F(ResolverTest, WhatIsKnownWithoutAServerProvesNothing) {
    dns_.set_dead(true);
    EXPECT_EQ(code_beside("silent.test", "hidden.onion"), "resolver_dead");
    EXPECT_EQ(dns_.queries("hidden.onion"), 0);
}

TEST_F(ResolverTest, AnAnswerForTheSameNameProvesNothing) {
    make(with([&](ResolverOptions& o) { o.max_ttl = 1s; }));
    dns_.address("only.test", "127.0.0.1");
    EXPECT_EQ(code("only.test"), "none");
    resolver_.reset();
    make(with([&](ResolverOptions& o) { o.cache_capacity = 0; }));
    EXPECT_EQ(code("only.test"), "none");
    dns_.answer("only.test", DnsServer::Answer::servfail);
    EXPECT_EQ(code("only.test"), "resolver_dead");
}

TEST_F(ResolverTest, ADeadServerIsDeadWhetherSilentOrClosed) {
    dns_.set_dead(true);
    EXPECT_EQ(code("any.test"), "resolver_dead");
    asio::ip::udp::socket closed(io_, {asio::ip::address_v4::loopback(), 0});
    const std::string nobody = "127.0.0.1:" + std::to_string(closed.local_endpoint().port());
    closed.close();
    make(with([&](ResolverOptions& o) { o.servers = nobody; }));
    EXPECT_EQ(code("any.test"), "resolver_dead");
}

TEST_F(ResolverTest, AnotherServerStandsInForADeadOrFailingOne) {
    asio::ip::udp::socket closed(io_, {asio::ip::address_v4::loopback(), 0});
    const std::string nobody = "127.0.0.1:" + std::to_string(closed.local_endpoint().port());
    closed.close();
    dns_.address("good.test", "127.0.0.7");
    make(with([&](ResolverOptions& o) { o.servers = nobody + "," + dns_.servers(); }));
    EXPECT_EQ(addresses("good.test"), "127.0.0.7");

    DnsServer failing(io_);
    failing.answer("good.test", DnsServer::Answer::servfail);
    make(with([&](ResolverOptions& o) { o.servers = failing.servers() + "," + dns_.servers(); }));
    EXPECT_EQ(addresses("good.test"), "127.0.0.7");
    EXPECT_GE(failing.queries("good.test"), 1);

    DnsServer silent(io_);
    silent.set_dead(true);
    make(with([&](ResolverOptions& o) { o.servers = silent.servers() + "," + dns_.servers(); }));
    EXPECT_EQ(addresses("good.test"), "127.0.0.7");
}

TEST_F(ResolverTest, CachesGoodAnswersForTheirTimeAndNoFailures) {
    dns_.address("good.test", "127.0.0.1");
    EXPECT_EQ(resolver_->known("good.test"), nullptr);
    addresses("good.test");
    addresses("good.test");
    EXPECT_EQ(dns_.queries("good.test"), 2);
    ASSERT_NE(resolver_->known("good.test"), nullptr);
    EXPECT_EQ(resolver_->known("good.test")->joined, "127.0.0.1");
    EXPECT_EQ(code("absent.test"), "name_not_found");
    dns_.address("absent.test", "127.0.0.1");
    EXPECT_EQ(code("absent.test"), "none");

    make(with([&](ResolverOptions& o) {
        o.min_ttl = 1ms;
        o.max_ttl = 20ms;
    }));
    addresses("good.test");
    run(io_, clock_.sleep_until(clock_.now().mono + 30ms));
    EXPECT_EQ(resolver_->known("good.test"), nullptr);
    addresses("good.test");
    EXPECT_EQ(dns_.queries("good.test"), 6);
}

TEST_F(ResolverTest, ItsCacheIsBounded) {
    make(with([&](ResolverOptions& o) { o.cache_capacity = 10; }));
    for (int i = 0; i < 50; ++i) {
        const std::string name = "n" + std::to_string(i) + ".test";
        dns_.address(name, "127.0.0.1");
        EXPECT_EQ(code(name), "none");
    }
    EXPECT_EQ(resolver_->cached_names(), 10U);
    EXPECT_NE(resolver_->known("n49.test"), nullptr);
    EXPECT_EQ(resolver_->known("n0.test"), nullptr);
}

TEST_F(ResolverTest, OneLookupServesAllWhoWait) {
    dns_.address("good.test", "127.0.0.1");
    int done = 0;
    for (int i = 0; i < 20; ++i) {
        asio::co_spawn(io_, resolver_->resolve("good.test", clock_.now().mono + 10s),
                       [&done](std::exception_ptr, Resolution resolution) {
                           if (resolution.addresses) ++done;
                       });
    }
    run_until(io_, [&done] { return done == 20; });
    EXPECT_EQ(dns_.queries("good.test"), 2);
    EXPECT_EQ(resolver_->pending_lookups(), 0U);
}

TEST_F(ResolverTest, ASilentFamilyDelaysTheOtherOnlyALittle) {
    DnsServer::Record record;
    record.addresses = {asio::ip::make_address("127.0.0.1")};
    record.silent_v6 = true;
    dns_.set("half.test", record);
    make(with([&](ResolverOptions& o) { o.try_timeout = 5s; }));
    const MonoTime before = clock_.now().mono;
    EXPECT_EQ(addresses("half.test"), "127.0.0.1");
    EXPECT_LT(clock_.now().mono - before, 2s);
    EXPECT_EQ(addresses("half.test"), "127.0.0.1");
}

TEST_F(ResolverTest, TooManyLookupsAreRefusedAsOurOwnFault) {
    make(with([&](ResolverOptions& o) { o.max_lookups = 2; }));
    dns_.set_dead(true);
    int done = 0;
    const auto count = [&done](std::exception_ptr, Resolution) { ++done; };
    for (const char* name : {"a.test", "b.test"}) {
        asio::co_spawn(io_, resolver_->resolve(name, clock_.now().mono + 10s), count);
    }
    io_.poll();
    EXPECT_EQ(code("c.test"), "no_buffers");
    run_until(io_, [&done] { return done == 2; });
}

TEST_F(ResolverTest, RefusesAListOfServersThatIsNone) {
    EXPECT_THROW(make(with([&](ResolverOptions& o) { o.servers = "not a server"; })), FatalError);
}

}  // namespace
}  // namespace vigia::test
