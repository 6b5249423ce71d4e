#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace vigia {

/// A place where one coroutine waits until another resumes it: what queues, permits and simulated
/// clocks are built from. One thread; must outlive the wait, and the destructor asserts that nobody
/// is left waiting.
class Parking {
public:
    explicit Parking(boost::asio::any_io_executor executor);
    ~Parking();
    Parking(const Parking&) = delete;
    Parking& operator=(const Parking&) = delete;

    /// True after resume(), at once if it came before the wait; false if the wait was cancelled.
    boost::asio::awaitable<bool> wait();

    /// Resumes the waiter from the executor's queue, never inside this call; with nobody waiting,
    /// the next wait returns at once (remembered once).
    void resume();

    bool occupied() const { return static_cast<bool>(handler_); }

private:
    using Handler = boost::asio::any_completion_handler<void(bool)>;
    struct Initiation;
    void arm(Handler handler);
    void finish(bool resumed);

    boost::asio::any_io_executor executor_;
    Handler handler_;
    bool resumed_ = false;
};

}  // namespace vigia
