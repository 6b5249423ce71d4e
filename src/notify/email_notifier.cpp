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

boost::asio::awaitable<DeliveryOutcome> EmailNotifier::deliver(Notification notification) {
    const RenderContext context{catalog_, env_.host, sender_, sender_name_, env_.clock.now().wall};
    MailMessage message = render_mail(notification, context);
    co_return co_await env_.mailer.send(server_, std::move(message));
}

}  // namespace vigia
