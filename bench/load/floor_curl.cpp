// The second floor: the same checks through a bare libcurl multi handle on epoll (socket and timer
// callbacks), easy handles reused, a fresh connection each, the body thrown away.
//
// usage: bench_floor_curl URL CHECKS CONCURRENCY PER_SECOND(0 = flat out) [CA-FILE]

#include "bench/load/sockets.hpp"

#include <array>
#include <curl/curl.h>
#include <string>
#include <vector>

namespace {

std::size_t discard(char*, std::size_t size, std::size_t count, void*) {
    return size * count;
}

class Loop {
public:
    Loop(std::string url, std::string ca_file)
        : url_(std::move(url)),
          ca_file_(std::move(ca_file)),
          epoll_(::epoll_create1(0)),
          multi_(curl_multi_init()) {
        curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Loop::on_socket);
        curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
        curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Loop::on_timer);
        curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    }

    void start() {
        CURL* easy = nullptr;
        if (idle_.empty()) {
            easy = prepare();
        } else {
            easy = idle_.back();
            idle_.pop_back();
        }
        curl_multi_add_handle(multi_, easy);
        ++open_;
    }

    void turn(int timeout_ms) {
        if (timer_at_ >= 0) {
            const double left = timer_at_ - bench::wall_seconds();
            const int timer_ms = left <= 0 ? 0 : static_cast<int>(left * 1000) + 1;
            if (timeout_ms < 0 || timer_ms < timeout_ms) timeout_ms = timer_ms;
        }
        const int n =
            ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), timeout_ms);
        int running = 0;
        for (int i = 0; i < n; ++i) {
            const epoll_event& event = events_[static_cast<std::size_t>(i)];
            int mask = 0;
            if ((event.events & (EPOLLIN | EPOLLHUP)) != 0) mask |= CURL_CSELECT_IN;
            if ((event.events & EPOLLOUT) != 0) mask |= CURL_CSELECT_OUT;
            if ((event.events & EPOLLERR) != 0) mask |= CURL_CSELECT_ERR;
            curl_multi_socket_action(multi_, event.data.fd, mask, &running);
        }
        if (timer_at_ >= 0 && timer_at_ <= bench::wall_seconds()) {
            timer_at_ = -1;
            curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
        }
        collect();
    }

    std::uint64_t done() const { return done_; }
    std::uint64_t open() const { return open_; }
    std::uint64_t failed() const { return failed_; }

private:
    CURL* prepare() {
        CURL* easy = curl_easy_init();
        curl_easy_setopt(easy, CURLOPT_URL, url_.c_str());
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &discard);
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        curl_easy_setopt(easy, CURLOPT_USERAGENT, "ServiceMonitor/1.0");
        curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
        if (!ca_file_.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file_.c_str());
        return easy;
    }

    void collect() {
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            CURL* easy = message->easy_handle;
            if (message->data.result != CURLE_OK) ++failed_;
            curl_multi_remove_handle(multi_, easy);
            idle_.push_back(easy);
            ++done_;
            --open_;
        }
    }

    static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void* known) {
        Loop& loop = *static_cast<Loop*>(self);
        if (what == CURL_POLL_REMOVE) {
            epoll_event event{};
            ::epoll_ctl(loop.epoll_, EPOLL_CTL_DEL, fd, &event);
            return 0;
        }
        std::uint32_t events = 0;
        if ((what & CURL_POLL_IN) != 0) events |= EPOLLIN;
        if ((what & CURL_POLL_OUT) != 0) events |= EPOLLOUT;
        bench::watch(loop.epoll_, known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, events);
        if (known == nullptr) curl_multi_assign(loop.multi_, fd, self);
        return 0;
    }

    static int on_timer(CURLM*, long timeout_ms, void* self) {
        Loop& loop = *static_cast<Loop*>(self);
        loop.timer_at_ =
            timeout_ms < 0 ? -1 : bench::wall_seconds() + static_cast<double>(timeout_ms) / 1000;
        return 0;
    }

    std::string url_;
    std::string ca_file_;
    int epoll_;
    CURLM* multi_;
    double timer_at_ = -1;
    std::vector<CURL*> idle_;
    std::array<epoll_event, 256> events_{};
    std::uint64_t done_ = 0;
    std::uint64_t open_ = 0;
    std::uint64_t failed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5 && argc != 6) return 2;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    Loop loop(argv[1], argc == 6 ? argv[5] : "");
    const std::uint64_t checks = std::stoull(argv[2]);
    const std::uint64_t concurrency = std::stoull(argv[3]);
    const bench::Pace pace(std::stod(argv[4]));
    const double wall = bench::wall_seconds();
    std::uint64_t started = 0;
    while (loop.done() < checks) {
        const std::uint64_t allowed = std::min(pace.allowed(), checks);
        while (started < allowed && loop.open() < concurrency) {
            loop.start();
            ++started;
        }
        loop.turn(started < checks ? pace.wait_ms(started) : -1);
    }
    if (loop.failed() > 0)
        std::fprintf(stderr, "%llu checks failed\n",
                     static_cast<unsigned long long>(loop.failed()));
    bench::report(loop.done(), bench::wall_seconds() - wall, bench::cpu_seconds());
}
