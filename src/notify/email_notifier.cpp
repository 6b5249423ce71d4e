#include "notify/email_notifier.hpp"

#include "notify/render.hpp"

#include <utility>

namespace vigia {

EmailNotifier::EmailNotifier(Env& env, const EmailChannel& channel, Catalog catalog)
    : env_(env),
      server_(std::make_shared<const MailServer>(channel.server)),
      sender_(channel.sender),
      sender_name_(channel.sender_name),
      catalog_(catalog) {}

boost::asio::awaitable<DeliveryOutcome> EmailNotifier::deliver(std::vector<Notification> rows) {
    const RenderContext context{catalog_, env_.host, sender_, sender_name_, env_.clock.now().wall};
    const bool digest = !rows.front().digest.empty();
    MailMessage message =
        digest ? render_digest(rows, context) : render_mail(rows.front(), context);
    co_return co_await env_.mailer.send(server_, std::move(message));
}

}  // namespace vigia
