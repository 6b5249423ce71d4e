#include "cli/demo/mail_sink.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <utility>

namespace vigia {

namespace asio = boost::asio;
using asio::ip::tcp;

MailSink::MailSink(asio::any_io_executor executor, Clock& clock,
                   std::function<void(const ReceivedMail&)> show)
    : show_(std::move(show)),
      server_(std::move(executor), clock, [this](auto& socket) { return serve(socket); }) {}

asio::awaitable<void> MailSink::serve(tcp::socket& socket) {
    SmtpDialogue dialogue;
    std::string received;
    std::string reply = SmtpDialogue::greeting();
    for (;;) {
        if (!reply.empty()) {
            co_await asio::async_write(socket, asio::buffer(reply), asio::use_awaitable);
        }
        boost::system::error_code error;
        auto buffer = asio::dynamic_buffer(received, SmtpDialogue::kMaxLine + 2);
        const std::size_t size = co_await asio::async_read_until(
            socket, buffer, "\r\n", asio::redirect_error(asio::use_awaitable, error));
        if (error) co_return;  // gone, or a line that is too long
        SmtpDialogue::Step step = dialogue.line(std::string_view(received).substr(0, size - 2));
        received.erase(0, size);
        // Shown before it is acknowledged, so that the mail stands above "mail sent" in the log.
        if (step.mail) show_(*step.mail);
        reply = std::move(step.reply);
        if (step.close) {
            co_await asio::async_write(socket, asio::buffer(reply), asio::use_awaitable);
            co_return;
        }
    }
}

}  // namespace vigia
