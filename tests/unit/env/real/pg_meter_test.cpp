#include "env/real/pg_meter.hpp"

#include "env/real/poll_set.hpp"

#include <array>
#include <cerrno>
#include <gtest/gtest.h>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace vigia {
namespace {

/// A server, a meter, and the library between whose ends it stands.
class PgMeterTest : public ::testing::Test {
protected:
    PgMeterTest() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
        server_ = Descriptor(ends[0]);
        library_ = Descriptor(ends[1]);
        meter_ = PgMeter::insert(library_.get());
    }

    static std::string read(const Descriptor& from) {
        std::string bytes(std::size_t{1} << 20U, '\0');
        const ssize_t size = ::recv(from.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return bytes;
    }

    static std::size_t write(const Descriptor& to, const std::string& bytes) {
        const ssize_t size =
            ::send(to.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        return size > 0 ? static_cast<std::size_t>(size) : 0;
    }

    Descriptor server_;
    Descriptor library_;
    std::unique_ptr<PgMeter> meter_;
};

TEST_F(PgMeterTest, CarriesBothWays) {
    EXPECT_EQ(meter_->ready(PollSet::kRead | PollSet::kWrite), PollSet::kWrite);
    write(library_, "question");
    EXPECT_TRUE(meter_->send());
    EXPECT_EQ(read(server_), "question");
    write(server_, "answer");
    meter_->receive();
    EXPECT_EQ(meter_->ready(PollSet::kRead), PollSet::kRead);
    EXPECT_EQ(read(library_), "answer");
    EXPECT_EQ(meter_->ready(PollSet::kRead), 0U);
    EXPECT_EQ(meter_->received(), 6U);
}

TEST_F(PgMeterTest, LetsAPortionInAtATime) {
    const std::string much(5 * PgMeter::kPortion, 'x');
    ASSERT_EQ(write(server_, much), much.size());
    for (std::size_t i = 1; i <= 5; ++i) {
        meter_->receive();
        EXPECT_EQ(meter_->received(), i * PgMeter::kPortion);
        EXPECT_EQ(read(library_).size(), PgMeter::kPortion);
        EXPECT_EQ(meter_->ready(PollSet::kRead), 0U);
    }
    meter_->receive();
    EXPECT_EQ(meter_->received(), much.size());
}

TEST_F(PgMeterTest, KeepsWhatTheSocketHasNoRoomFor) {
    const std::string piece(10'000, 'x');
    std::size_t written = 0;
    // Far more than the buffers of both pairs take.
    for (int i = 0; i < 200; ++i) {
        written += write(library_, piece);
        EXPECT_TRUE(meter_->send());
    }
    EXPECT_EQ(meter_->ready(PollSet::kWrite), 0U);
    EXPECT_EQ(meter_->wanted(PollSet::kRead), PollSet::kRead | PollSet::kWrite);
    std::size_t got = 0;
    for (std::string some = read(server_); !some.empty(); some = read(server_)) {
        got += some.size();
        EXPECT_TRUE(meter_->send());
    }
    EXPECT_EQ(got, written);
    EXPECT_EQ(meter_->ready(PollSet::kWrite), PollSet::kWrite);
    EXPECT_EQ(meter_->wanted(PollSet::kRead), PollSet::kRead);
}

TEST_F(PgMeterTest, PassesTheEndOnBehindWhatCameBefore) {
    write(server_, "last words");
    server_.reset();
    meter_->receive();
    EXPECT_EQ(read(library_), "last words");
    EXPECT_EQ(meter_->ready(PollSet::kRead), 0U);
    meter_->receive();
    EXPECT_EQ(meter_->ready(PollSet::kRead), PollSet::kRead);
    char byte = 0;
    EXPECT_EQ(::recv(library_.get(), &byte, 1, MSG_DONTWAIT), 0);
    EXPECT_EQ(meter_->os_errno(), 0);
}

TEST_F(PgMeterTest, SaysWhatBrokeTheConnection) {
    write(library_, "unread");
    EXPECT_TRUE(meter_->send());
    server_.reset();
    meter_->receive();
    EXPECT_EQ(meter_->os_errno(), ECONNRESET);
    EXPECT_EQ(meter_->ready(PollSet::kRead), PollSet::kRead);
    // What nobody will ever read is not kept.
    write(library_, "more");
    EXPECT_TRUE(meter_->send());
    EXPECT_EQ(meter_->ready(PollSet::kWrite), PollSet::kWrite);
}

TEST_F(PgMeterTest, TellsThatTheLibraryHasClosedItsEnd) {
    write(library_, "goodbye");
    library_.reset();
    EXPECT_FALSE(meter_->send());
    EXPECT_EQ(read(server_), "goodbye");
    meter_.reset();
    char byte = 0;
    EXPECT_EQ(::recv(server_.get(), &byte, 1, MSG_DONTWAIT), 0);
}

TEST_F(PgMeterTest, NeedsThreeDescriptors) {
    meter_.reset();
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    const int next = ::dup(server_.get());
    ::close(next);
    for (const rlim_t spare : {0U, 1U, 2U}) {
        const rlimit low{static_cast<rlim_t>(next) + spare, limit.rlim_max};
        ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
        EXPECT_EQ(PgMeter::insert(library_.get()), nullptr);
        EXPECT_EQ(errno, EMFILE);
    }
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    EXPECT_NE(PgMeter::insert(library_.get()), nullptr);
}

}  // namespace
}  // namespace vigia
