#include "env/real/curl_multi.hpp"

#include "base/assert.hpp"
#include "base/result.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <string>

namespace vigia {

namespace asio = boost::asio;

void initialise_curl() {
    static const CURLcode code =
        ::curl_global_init(CURL_GLOBAL_DEFAULT);  // thread-safe since C++11
    if (code != CURLE_OK) throw FatalError(std::string("libcurl: ") + ::curl_easy_strerror(code));
}

CurlMulti::CurlMulti(asio::io_context& context) : context_(context), timer_(context) {
    initialise_curl();
    multi_ = ::curl_multi_init();
    if (multi_ == nullptr) throw FatalError("curl_multi_init failed");
    sockets_ = std::make_unique<PollSet>(context, *this);
    ::curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlMulti::socket_changed);
    ::curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    ::curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlMulti::timer_changed);
    ::curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

CurlMulti::~CurlMulti() {
    VIGIA_ASSERT(active_ == 0);
    *alive_ = false;
    ::curl_multi_cleanup(multi_);
}

int CurlMulti::socket_changed(CURL* easy, curl_socket_t fd, int what, void* self, void*) {
    auto& multi = *static_cast<CurlMulti*>(self);
    if (what == CURL_POLL_REMOVE) {
        multi.sockets_->forget(fd);
        return 0;
    }
    const unsigned events = ((what & CURL_POLL_IN) != 0 ? PollSet::kRead : 0U) |
                            ((what & CURL_POLL_OUT) != 0 ? PollSet::kWrite : 0U);
    const int error = multi.sockets_->watch(fd, events);
    if (error != 0) {
        // Returning -1 would fail every transfer; this one alone waits for its deadline.
        char* transfer = nullptr;
        ::curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
        if (transfer != nullptr) {
            reinterpret_cast<Transfer*>(transfer)->result_.watch_errno = error;
        }
    }
    return 0;
}

int CurlMulti::timer_changed(CURLM*, long timeout_ms, void* self) {
    auto& multi = *static_cast<CurlMulti*>(self);
    if (timeout_ms < 0) {
        multi.wanted_ = MonoTime::max();
    } else {
        multi.wanted_ = BootClock::now() + std::chrono::milliseconds(timeout_ms);
        if (!multi.acting_) multi.arm_timer();
    }
    return 0;
}

/// The timer is only ever moved forward: waking up too early is cheaper than re-arming it at each
/// of libcurl's changes of mind.
void CurlMulti::arm_timer() {
    if (wanted_ >= armed_) return;
    armed_ = wanted_;
    timer_.expires_at(armed_);
    timer_.async_wait([this, alive = alive_](const boost::system::error_code& error) {
        if (error || !*alive) return;
        armed_ = MonoTime::max();
        if (wanted_ <= BootClock::now()) {
            act(CURL_SOCKET_TIMEOUT, 0);
            collect();
        }
        arm_timer();
    });
}

void CurlMulti::ready(int fd, unsigned events) {
    const int mask = ((events & PollSet::kRead) != 0 ? CURL_CSELECT_IN : 0) |
                     ((events & PollSet::kWrite) != 0 ? CURL_CSELECT_OUT : 0) |
                     ((events & PollSet::kError) != 0 ? CURL_CSELECT_ERR : 0);
    act(fd, mask);
}

void CurlMulti::batch_done() {
    collect();
    arm_timer();
}

void CurlMulti::act(curl_socket_t fd, int mask) {
    VIGIA_ASSERT(!acting_);
    acting_ = true;
    int running = 0;
    if (fd == CURL_SOCKET_TIMEOUT) wanted_ = MonoTime::max();
    ::curl_multi_socket_action(multi_, fd, mask, &running);
    acting_ = false;
}

/// Marks what has ended and wakes who waits for it; they run later, from the loop.
void CurlMulti::collect() {
    int left = 0;
    while (const CURLMsg* message = ::curl_multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const CURLcode code = message->data.result;
        char* pointer = nullptr;
        ::curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &pointer);
        auto& transfer = *reinterpret_cast<Transfer*>(pointer);
        transfer.result_.code = code;
        transfer.done_ = true;
        transfer.wake_.cancel();
    }
}

void CurlMulti::start(Transfer& transfer) {
    acting_ = true;
    const CURLMcode code = ::curl_multi_add_handle(multi_, transfer.easy_);
    acting_ = false;
    if (code != CURLM_OK) {
        transfer.result_.code = CURLE_FAILED_INIT;
        transfer.done_ = true;
        return;
    }
    transfer.added_ = true;
    ++active_;
    // libcurl starts a new transfer when its timer fires; it has just set it to now.
    act(CURL_SOCKET_TIMEOUT, 0);
    collect();
    arm_timer();
}

void CurlMulti::finish(Transfer& transfer) {
    if (!transfer.added_) return;
    transfer.added_ = false;
    --active_;
    acting_ = true;
    ::curl_multi_remove_handle(multi_, transfer.easy_);
    acting_ = false;
    arm_timer();
}

CurlMulti::Transfer::Transfer(CurlMulti& multi, CURL* easy)
    : multi_(multi), easy_(easy), wake_(multi.context_) {
    ::curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
}

CurlMulti::Transfer::~Transfer() {
    multi_.finish(*this);
}

void CurlMulti::Transfer::set_deadline(MonoTime deadline) {
    if (deadline == deadline_) return;
    const bool earlier = deadline < deadline_;
    deadline_ = deadline;
    if (earlier && added_) wake_.cancel();  // run() then looks again
}

asio::awaitable<TransferResult> CurlMulti::Transfer::run(bool stay) {
    const auto state = co_await asio::this_coro::cancellation_state;
    multi_.start(*this);
    while (!done_) {
        if (state.cancelled() != asio::cancellation_type::none) {
            result_.code = CURLE_ABORTED_BY_CALLBACK;
            result_.cancelled = true;
            break;
        }
        if (deadline_ <= BootClock::now() && later_) deadline_ = later_();
        if (deadline_ <= BootClock::now()) {
            result_.code = CURLE_OPERATION_TIMEDOUT;
            result_.timed_out = true;
            break;
        }
        boost::system::error_code ignored;
        wake_.expires_at(deadline_);
        co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    if (!stay || result_.code != CURLE_OK) multi_.finish(*this);
    co_return result_;
}

}  // namespace vigia
