#pragma once

#include "base/time.hpp"
#include "env/real/asio_clock.hpp"
#include "env/real/poll_set.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <curl/curl.h>
#include <functional>
#include <memory>
#include <utility>

namespace vigia {

/// Initialises libcurl for the process, once. Throws FatalError if that fails.
void initialise_curl();

/// What a transfer came to.
struct TransferResult {
    CURLcode code = CURLE_OK;
    bool timed_out = false;  ///< our deadline, not libcurl's; `code` is CURLE_OPERATION_TIMEDOUT
    bool cancelled = false;  ///< `code` is CURLE_ABORTED_BY_CALLBACK
    int watch_errno = 0;     ///< not 0: the loop could not watch its socket, which is our own fault
};

/// A libcurl multi handle driven by an io_context: libcurl says which sockets to watch and when to
/// be called again, PollSet and one timer do it. One thread; `context` must outlive it; every
/// Transfer must have ended before it.
class CurlMulti final : public PollSet::Listener {
public:
    explicit CurlMulti(boost::asio::io_context& context);
    ~CurlMulti() override;
    CurlMulti(const CurlMulti&) = delete;
    CurlMulti& operator=(const CurlMulti&) = delete;

    class Transfer;

    boost::asio::io_context& context() { return context_; }
    std::size_t active() const { return active_; }

private:
    static int socket_changed(CURL* easy, curl_socket_t fd, int what, void* self, void* known);
    static int timer_changed(CURLM* multi, long timeout_ms, void* self);

    void ready(int fd, unsigned events) override;
    void batch_done() override;
    void start(Transfer& transfer);
    void finish(Transfer& transfer);
    void act(curl_socket_t fd, int mask);
    void collect();
    void arm_timer();

    boost::asio::io_context& context_;
    CURLM* multi_;
    std::unique_ptr<PollSet> sockets_;
    BootTimer timer_;
    MonoTime wanted_ = MonoTime::max();  // when libcurl wants to be called
    MonoTime armed_ = MonoTime::max();   // when the timer fires; never later than wanted_
    bool acting_ = false;                // inside libcurl, which must not be re-entered
    std::size_t active_ = 0;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// One easy handle's run through a CurlMulti; lives in the frame that runs it. Its end, however it
/// comes about, takes the handle out of the multi handle. Claims CURLOPT_PRIVATE.
class CurlMulti::Transfer {
public:
    Transfer(CurlMulti& multi, CURL* easy);
    ~Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    /// Moves the deadline; may be called from libcurl's callbacks while the transfer runs.
    void set_deadline(MonoTime deadline);

    /// Asked when the deadline has passed, for another one: libcurl does not tell when a phase ends
    /// that has a deadline of its own. One that has passed too, or none set: the transfer ends.
    void on_deadline(std::function<MonoTime()> later) { later_ = std::move(later); }

    /// Runs the transfer to its end, its deadline, or cancellation. Once. With `stay`, a transfer
    /// that succeeded remains in the multi handle until this object ends (CURLOPT_CONNECT_ONLY).
    boost::asio::awaitable<TransferResult> run(bool stay = false);

private:
    friend class CurlMulti;

    CurlMulti& multi_;
    CURL* easy_;
    BootTimer wake_;  // waits for the deadline; cancelled when something happened
    MonoTime deadline_ = MonoTime::max();
    std::function<MonoTime()> later_;
    TransferResult result_;
    bool done_ = false;
    bool added_ = false;
};

}  // namespace vigia
