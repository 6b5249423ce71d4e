#pragma once

#include "core/delivery.hpp"
#include "core/notification.hpp"

#include <boost/asio/awaitable.hpp>
#include <vector>

namespace vigia {

/// One way to reach people. Stateless towards the caller: retries, order and persistence are the
/// dispatcher's. On the shard's thread; several deliveries may be under way at once.
class Notifier {
public:
    virtual ~Notifier() = default;

    /// Tries once to deliver one message: a notification, or the rows of a digest, which have one
    /// recipient. Completes within the channel's own deadlines, soon after cancellation.
    virtual boost::asio::awaitable<DeliveryOutcome> deliver(std::vector<Notification> rows) = 0;
};

}  // namespace vigia
