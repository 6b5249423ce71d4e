// What stands between libpq and its socket, in any order of events that libpq and a server can
// bring about: every byte arrives, once and in order, both ways; no more than a portion is ever
// ahead of libpq; the end comes last. The input is a list of events, each a byte and a size.

#include "base/assert.hpp"
#include "env/real/pg_meter.hpp"
#include "env/real/poll_set.hpp"
#include "tests/support/fuzz_input.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <sys/socket.h>
#include <vector>

namespace {

using namespace vigia;

/// One direction of a conversation, of bytes that tell their place.
class Flow {
public:
    std::size_t sent() const { return sent_; }
    std::size_t received() const { return received_; }

    void send(const Descriptor& from, std::size_t size) {
        const std::string_view bytes = test::numbered_bytes(sent_, size);
        const ssize_t done =
            ::send(from.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        VIGIA_ASSERT(done >= 0 || errno == EAGAIN);
        if (done > 0) sent_ += static_cast<std::size_t>(done);
    }

    /// What recv(2) says.
    ssize_t receive(const Descriptor& at, std::size_t size) {
        std::vector<char> bytes(size);
        const ssize_t done = ::recv(at.get(), bytes.data(), size, MSG_DONTWAIT);
        VIGIA_ASSERT(done >= 0 || errno == EAGAIN);
        if (done <= 0) return done;
        const auto came = static_cast<std::size_t>(done);
        VIGIA_ASSERT(std::string_view(bytes.data(), came) == test::numbered_bytes(received_, came));
        received_ += came;
        VIGIA_ASSERT(received_ <= sent_);
        return done;
    }

private:
    std::size_t sent_ = 0;
    std::size_t received_ = 0;
};

class Conversation {
public:
    Conversation() {
        std::array<int, 2> ends{};
        VIGIA_ASSERT(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
        server_ = Descriptor(ends[0]);
        library_ = Descriptor(ends[1]);
        meter_ = PgMeter::insert(library_.get());
        VIGIA_ASSERT(meter_ != nullptr);
    }

    void happen(unsigned event, std::size_t size) {
        switch (event % 7) {
            case 0:
                if (!shut_) answers_.send(server_, size);
                break;
            case 1:
                questions_.send(library_, size);
                break;
            case 2:
                VIGIA_ASSERT(meter_->send());
                break;
            case 3:
                receive();
                break;
            case 4:
                read_answers(size);
                break;
            case 5:
                questions_.receive(server_, size);
                break;
            default:
                ::shutdown(server_.get(), SHUT_WR);
                shut_ = true;
        }
        check();
    }

    /// Nobody says anything more: all that was said arrives.
    void finish() {
        while (questions_.received() < questions_.sent()) {
            VIGIA_ASSERT(meter_->send());
            VIGIA_ASSERT(questions_.receive(server_, kMuch) > 0);
        }
        // Each round but the last brings a byte at least.
        while (answers_.received() < answers_.sent() || (shut_ && !ended_)) {
            receive();
            read_answers(kMuch);
            check();
        }
        VIGIA_ASSERT(meter_->received() == answers_.sent());
        VIGIA_ASSERT(meter_->ready(PollSet::kRead) == (shut_ ? PollSet::kRead : 0U));
        VIGIA_ASSERT(meter_->wanted(PollSet::kRead) == PollSet::kRead);
    }

private:
    static constexpr std::size_t kMuch = std::size_t{64} * 1024;

    void receive() {
        if (meter_->ready(PollSet::kRead) == 0) meter_->receive();
    }

    void read_answers(std::size_t size) {
        if (size > 0 && answers_.receive(library_, size) == 0) ended_ = true;
        VIGIA_ASSERT(!ended_ || (shut_ && answers_.received() == answers_.sent()));
    }

    void check() {
        VIGIA_ASSERT(meter_->received() <= answers_.sent());
        VIGIA_ASSERT(meter_->received() - answers_.received() <= PgMeter::kPortion);
        VIGIA_ASSERT(meter_->os_errno() == 0);
        if (meter_->received() > answers_.received()) {
            VIGIA_ASSERT(meter_->ready(PollSet::kRead) == PollSet::kRead);
        }
    }

    Descriptor server_;
    Descriptor library_;
    std::unique_ptr<PgMeter> meter_;
    Flow answers_;
    Flow questions_;
    bool shut_ = false;
    bool ended_ = false;  // as libpq sees it
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    constexpr int kMostEvents = 100;
    test::FuzzInput input(bytes, size);
    Conversation conversation;
    for (int i = 0; i < kMostEvents && !input.empty(); ++i) {
        const unsigned event = input.byte();
        // The high bits stretch a size to what fills the buffers.
        const std::size_t unit = std::size_t{1} << (event / 32U);
        conversation.happen(event % 32, input.byte() * unit);
    }
    conversation.finish();
    return 0;
}
