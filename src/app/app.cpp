#include "app/app.hpp"

#include "config/difference.hpp"
#include "notify/email_notifier.hpp"
#include "notify/render.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace vigia {

namespace asio = boost::asio;

namespace {

constexpr const char* kEmail = "email";

std::vector<MonitorPtr> enabled(const std::vector<MonitorPtr>& monitors) {
    std::vector<MonitorPtr> result;
    std::ranges::copy_if(monitors, std::back_inserter(result), &Monitor::enabled);
    return result;
}

OutboxPolicy outbox_policy(const NotificationSettings& settings) {
    OutboxPolicy policy;
    policy.retry_initial = settings.retry_initial;
    policy.retry_max = settings.retry_max;
    policy.expiry = settings.expiry;
    return policy;
}

std::size_t count(const Config& config, MonitorCategory category) {
    return static_cast<std::size_t>(std::ranges::count_if(
        config.monitors, [&](const auto& m) { return m->enabled && m->category == category; }));
}

}  // namespace

std::vector<Recipient> recipients_of(const Config& config) {
    std::vector<Recipient> recipients;
    if (!config.email) return recipients;
    for (const std::string& address : config.email->recipients) {
        recipients.push_back({kEmail, address});
    }
    return recipients;
}

App::App(asio::any_io_executor executor, Env& env, Store& store, Config config, ShardLimits limits)
    : env_(env),
      store_(store),
      config_(std::move(config)),
      events_(env.log, Catalog(config_.language)),
      committer_(executor, env.clock, store, events_),
      dispatcher_(executor, env, committer_, events_),
      retries_(executor, env.clock, store, dispatcher_, events_),
      uplink_(executor, env, dispatcher_, events_),
      shard_(executor, env, committer_, dispatcher_, events_, limits, &uplink_),
      health_(executor, env, {committer_, dispatcher_, shard_}, events_),
      ping_(executor, env, events_, [this] { return health_.is_well(); }),
      loops_(executor, report_to(events_)) {}

Result<void> App::start() {
    Result<StoredState> stored = store_.load();
    if (!stored) return stored.error();
    events_.line(LogLevel::info, N_("Starting service monitor"));
    log_configuration();
    loops_.spawn(committer_.run());
    loops_.spawn(committer_.watch());

    const std::vector<MonitorPtr> monitors = enabled(config_.monitors);
    InitialStates initial = take_up(*stored, monitors);
    configure_channels();
    dispatcher_.start();
    dispatcher_.restore(std::move(stored->pending));
    retries_.start();
    uplink_.configure(config_);
    uplink_.start();
    shard_.start(monitors, initial);
    configure_health();
    health_.start();
    ping_.start();
    return {};
}

/// Sorts what the last run left by who goes on with it; what nobody watches any more is closed or
/// forgotten.
App::InitialStates App::take_up(StoredState& stored, const std::vector<MonitorPtr>& monitors) {
    InitialStates initial;
    for (const MonitorPtr& monitor : monitors) initial.emplace(monitor->id, InitialState{});
    for (StateRow& row : stored.states) {
        const auto it = initial.find(row.monitor);
        if (it != initial.end()) {
            it->second.state = row.state;
        } else {
            shard_.forget_orphan(std::move(row.monitor));
        }
    }
    for (Incident& incident : stored.open_incidents) {
        const auto it = initial.find(incident.monitor);
        if (it == initial.end()) {
            shard_.retire_orphan(std::move(incident));
            continue;
        }
        std::optional<Incident>& open = it->second.open;
        if (open) shard_.retire_stale(*std::move(open));
        open = std::move(incident);
    }
    return initial;
}

void App::reload(Config config) {
    const ConfigDifference change = difference(config_.monitors, config.monitors);
    config_ = std::move(config);
    events_.set_catalog(Catalog(config_.language));
    configure_channels();
    shard_.apply(change);
    uplink_.configure(config_);
    configure_health();
    events_.line(LogLevel::info, N_("Configuration reloaded: {}"),
                 fmt::format("+{} ~{} -{} ={}", change.added.size(), change.changed.size(),
                             change.removed.size(), change.unchanged));
    log_configuration();
}

void App::configure_health() {
    health_.configure(config_.health.notices);
    ping_.configure(config_.health);
}

void App::configure_channels() {
    Dispatcher::Notifiers notifiers;
    std::string message_domain;
    if (config_.email) {
        message_domain = domain_of(config_.email->sender);
        notifiers[kEmail] =
            std::make_shared<EmailNotifier>(env_, *config_.email, events_.catalog());
    }
    dispatcher_.configure(outbox_policy(config_.notifications), std::move(notifiers),
                          recipients_of(config_), std::move(message_domain));
}

void App::log_configuration() {
    const Policy& policy = config_.defaults;
    const auto number = [&](std::string_view msgid, auto value) {
        events_.line(LogLevel::info, msgid, fmt::format("{}", value));
    };
    events_.line(LogLevel::info, N_("Configuration loaded:"));
    number(N_("- Websites: {}"), count(config_, MonitorCategory::website));
    number(N_("- Databases: {}"), count(config_, MonitorCategory::database));
    number(N_("- Services: {}"), count(config_, MonitorCategory::service));
    number(N_("- Check interval: {}"), format_duration(policy.check_interval));
    number(N_("- Attempts per check: {}"), policy.retry_attempts);
    number(N_("- Failed checks before an alert: {}"), policy.alert_threshold);
    number(N_("- Good checks before a recovery: {}"), policy.recovery_threshold);
    number(N_("- Alert repeated every: {}"), format_duration(policy.alert_repeat_interval));
    const std::vector<Recipient> recipients = recipients_of(config_);
    std::string addresses;
    for (const Recipient& recipient : recipients) {
        addresses += (addresses.empty() ? "" : ", ") + recipient.address;
    }
    events_.line(LogLevel::info, N_("- Recipients: {}"),
                 addresses.empty() ? events_.catalog().text(N_("none, no mail will be sent"))
                                   : std::string_view(addresses));
}

asio::awaitable<void> App::stop() {
    committer_.hurry();
    co_await ping_.stop();
    co_await shard_.stop();
    co_await uplink_.stop();
    co_await retries_.stop();
    co_await health_.stop();
    co_await dispatcher_.stop(kMailGrace);
    committer_.stop();
    co_await loops_.wait_empty();
    events_.line(LogLevel::info, N_("Service monitor stopped"));
}

AppStats App::stats() const {
    AppStats stats;
    stats.shard = shard_.stats();
    stats.deliveries = dispatcher_.counters();
    stats.pending_notifications = dispatcher_.pending();
    stats.oldest_notification = dispatcher_.oldest_wait();
    stats.commits = committer_.commits();
    stats.dropped_batches = committer_.dropped();
    stats.own = health_.signs();
    for (std::size_t i = 0; i < kTroubles; ++i) {
        stats.troubles[i] = health_.has(static_cast<Trouble>(i));
    }
    return stats;
}

}  // namespace vigia
