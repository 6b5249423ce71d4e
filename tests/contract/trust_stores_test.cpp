// TrustStores on files that change, vanish and break.

#include "env/real/tls_trust.hpp"
#include "sim/sim_clock.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <gtest/gtest.h>
#include <openssl/x509_vfy.h>

namespace vigia::test {
namespace {

using namespace std::chrono_literals;

std::string authority(const std::string& name) {
    return Certificate(authority_spec(name), nullptr).certificate_pem();
}

class TrustStoresTest : public ::testing::Test {
protected:
    /// What find() gives once it is time to look at the file again.
    X509_STORE* find_later() {
        clock_.pass(6s);
        return trust_.find(file_);
    }
    /// How many authorities a store holds.
    static int size(X509_STORE* store) {
        return sk_X509_OBJECT_num(X509_STORE_get0_objects(store));
    }

    boost::asio::io_context io_{1};
    sim::SimClock clock_{
        io_.get_executor(),
        {{}, {MonoTime(std::chrono::hours(70)), WallTime(std::chrono::seconds(1'734'603'323))}}};
    TemporaryDirectory directory_;
    std::string file_ = directory_.file("ca.pem");
    TrustStores trust_{clock_, ""};
};

TEST_F(TrustStoresTest, ReadsAFileOnceAndAgainWhenItHasChanged) {
    directory_.write("ca.pem", authority("one"));
    X509_STORE* const first = trust_.find(file_);
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(find_later(), first);
    directory_.write("ca.pem", authority("one") + authority("two"));
    X509_STORE* const second = find_later();
    ASSERT_NE(second, nullptr);
    EXPECT_EQ(size(second), 2);
}

TEST_F(TrustStoresTest, KeepsTheGoodStoreUntilANewOneLoads) {
    directory_.write("ca.pem", authority("one"));
    X509_STORE* const good = trust_.find(file_);
    ASSERT_NE(good, nullptr);

    directory_.write("ca.pem", "-----BEGIN CERTIFICATE-----\nhalf of a");
    EXPECT_EQ(find_later(), good) << "an update that is half written";
    EXPECT_EQ(find_later(), good);
    std::remove(file_.c_str());
    EXPECT_EQ(find_later(), good) << "an update that removes first";

    directory_.write("ca.pem", authority("two") + authority("three"));
    X509_STORE* const fresh = find_later();
    ASSERT_NE(fresh, nullptr);
    EXPECT_EQ(size(fresh), 2) << "the load is tried again";
}

TEST_F(TrustStoresTest, HasNoneUntilAFileLoads) {
    EXPECT_EQ(trust_.find(file_), nullptr);
    directory_.write("ca.pem", "not a certificate");
    EXPECT_EQ(find_later(), nullptr);
    directory_.write("ca.pem", authority("one"));
    EXPECT_NE(find_later(), nullptr);
}

}  // namespace
}  // namespace vigia::test
