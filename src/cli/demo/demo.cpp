#include "cli/demo/demo.hpp"

#include "app/app.hpp"
#include "base/assert.hpp"
#include "cli/demo/demo_site.hpp"
#include "cli/demo/mail_sink.hpp"
#include "cli/demo/mail_view.hpp"
#include "cli/exit_status.hpp"
#include "cli/phrase.hpp"
#include "config/config.hpp"
#include "store/memory_store.hpp"

#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>
#include <utility>
#include <vector>

namespace vigia {

namespace asio = boost::asio;

namespace {

using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

void write_text(Writer& writer, std::string_view text) {
    writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void write_member(Writer& writer, std::string_view key, std::string_view text) {
    write_text(writer, key);
    write_text(writer, text);
}

void write_member(Writer& writer, std::string_view key, int number) {
    write_text(writer, key);
    writer.Int(number);
}

void write_member(Writer& writer, std::string_view key, bool value) {
    write_text(writer, key);
    writer.Bool(value);
}

void open_section(Writer& writer, std::string_view key) {
    write_text(writer, key);
    writer.StartObject();
}

Config parsed(const std::string& text, Language language) {
    ConfigSources nothing;
    nothing.read_file = [](const std::string&) { return std::nullopt; };
    nothing.environment = [](const std::string&) { return std::nullopt; };
    ConfigOutcome outcome = parse_config(text, nothing, language);
    VIGIA_ASSERT(outcome.config.has_value());
    return std::move(*outcome.config);
}

/// The demo's own world: three good sites, one of them slow, one that goes down and comes back, and
/// a mail server. Lives in the frame of demo().
class Stage {
public:
    Stage(asio::any_io_executor executor, Clock& clock, const Catalog& catalog,
          std::function<void(const ReceivedMail&)> show)
        : front_(executor, clock, {}),
          star_(executor, clock, {.delay = {}, .has_outages = true}),
          api_(executor, clock, {}),
          slow_(executor, clock, {.delay = std::chrono::milliseconds(1'200), .has_outages = false}),
          mail_(executor, clock, std::move(show)) {
        constexpr int kBrisk = 2;
        constexpr int kCalm = 10;
        websites_ = {{std::string(catalog.text(N_("Front page"))), front_.url(), kCalm},
                     {std::string(catalog.text(N_("Shop"))), star_.url(), kBrisk},
                     {std::string(catalog.text(N_("Orders API"))), api_.url(), kCalm},
                     {std::string(catalog.text(N_("Slow archive"))), slow_.url(), kCalm}};
    }

    const std::vector<DemoWebsite>& websites() const { return websites_; }
    const DemoWebsite& star() const { return websites_[1]; }
    std::uint16_t smtp_port() const { return mail_.port(); }

    void start() {
        for (DemoSite* site : {&front_, &star_, &api_, &slow_}) site->start();
        mail_.start();
    }

    asio::awaitable<void> stop() {
        for (DemoSite* site : {&front_, &star_, &api_, &slow_}) co_await site->stop();
        co_await mail_.stop();
    }

private:
    DemoSite front_;
    DemoSite star_;
    DemoSite api_;
    DemoSite slow_;
    MailSink mail_;
    std::vector<DemoWebsite> websites_;
};

std::string introduction(const Stage& stage, const Catalog& catalog) {
    const auto seconds = [](Duration d) {
        return std::chrono::duration_cast<std::chrono::seconds>(d).count();
    };
    const auto minutes =
        std::chrono::duration_cast<std::chrono::minutes>(kDemoOutagePeriod).count();
    std::string text =
        phrase(catalog,
               N_("vigia demo: everything happens on this machine, and no file is left behind.\n"
                  "\n"
                  "  - It watches {0} websites that it serves itself:\n"),
               stage.websites().size());
    for (const DemoWebsite& site : stage.websites()) {
        text += fmt::format("      {:<28}{}\n", site.url, site.name);
    }
    text += phrase(
        catalog,
        N_("  - After {1} s “{0}” stops working, and after {2} s it works again; then every\n"
           "    {3} minutes. Two failed checks make an outage: that is when mail goes out.\n"
           "  - Mail goes to a server inside this program and is shown here in a frame.\n"
           "  - Ctrl-C ends the demo.\n\n"),
        stage.star().name, seconds(kDemoOutageStart), seconds(kDemoOutageStart + kDemoOutageLength),
        minutes);
    return text;
}

}  // namespace

std::string demo_configuration(std::span<const DemoWebsite> websites, std::uint16_t smtp_port,
                               Language language) {
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    writer.StartObject();
    write_member(writer, "language", std::string_view(language == Language::es ? "es" : "en"));
    open_section(writer, "websites");
    for (const DemoWebsite& site : websites) {
        open_section(writer, site.name);
        write_member(writer, "url", std::string_view(site.url));
        write_member(writer, "check_interval", site.check_interval_s);
        writer.EndObject();
    }
    writer.EndObject();
    open_section(writer, "email");
    write_member(writer, "smtp_server", std::string_view("127.0.0.1"));
    write_member(writer, "smtp_port", static_cast<int>(smtp_port));
    write_member(writer, "smtp_use_tls", false);
    write_member(writer, "sender_email", std::string_view("vigia@demo.example"));
    write_member(writer, "sender_name", std::string_view("vigia"));
    write_member(writer, "recipient_emails", std::string_view("oncall@demo.example"));
    writer.EndObject();
    open_section(writer, "monitor_settings");
    write_member(writer, "check_interval", 2);
    write_member(writer, "retry_attempts", 2);
    write_member(writer, "retry_delay", std::string_view("500ms"));
    write_member(writer, "alert_threshold", 2);
    write_member(writer, "recovery_threshold", 2);
    write_member(writer, "alert_repeat_interval", std::string_view("12s"));
    write_member(writer, "timeout", std::string_view("3s"));
    writer.EndObject();
    open_section(writer, "logging_settings");
    write_member(writer, "enable_file_logging", false);
    writer.EndObject();
    writer.EndObject();
    return buffer.GetString();
}

asio::awaitable<int> demo(Env& env, OperatorSignals& signals, DemoRequest request) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const Catalog catalog(request.language);
    const auto show_mail = [&request, &catalog](const ReceivedMail& mail) {
        request.show(framed_mail(mail, catalog, request.width));
    };
    Stage stage(executor, env.clock, catalog, show_mail);
    request.show(introduction(stage, catalog));
    stage.start();

    const std::string text =
        demo_configuration(stage.websites(), stage.smtp_port(), request.language);
    MemoryStore store;
    App app(executor, env, store, parsed(text, request.language), ShardLimits{});
    const Result<void> started = app.start();
    VIGIA_ASSERT(started.has_value());
    // There is no file to read again: a terminal that hangs up ends the demo, too.
    co_await signals.next();
    co_await app.stop();
    co_await stage.stop();
    co_return kExitOk;
}

}  // namespace vigia
