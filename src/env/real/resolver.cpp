#include "env/real/resolver.hpp"

#include "base/assert.hpp"
#include "base/result.hpp"
#include "env/real/address_order.hpp"
#include "env/real/answer_witness.hpp"
#include "env/real/ares_channel.hpp"
#include "env/real/asio_clock.hpp"
#include "env/real/file_stamp.hpp"
#include "env/real/name_cache.hpp"
#include "env/real/poll_set.hpp"

#include <algorithm>
#include <arpa/nameser.h>
#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <cerrno>
#include <cstdlib>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

namespace vigia {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

constexpr Duration kTick = 50ms;              // how often c-ares looks for expired tries
constexpr Duration kOtherFamilyWait = 200ms;  // for AAAA once there is an A, and vice versa
constexpr Duration kAliveFor = 60s;           // how long an answer makes a refusal the name's fault
constexpr Duration kSilence = 100ms;          // until the servers are asked for another name
constexpr Duration kConfigurationCheck = 3s;
constexpr const char* kResolverConfiguration = "/etc/resolv.conf";

}  // namespace

std::string resolver_servers_from_environment() {
    const char* const servers = std::getenv("VIGIA_RESOLVER");
    return servers == nullptr ? std::string() : std::string(servers);
}

class Resolver::Impl final : public PollSet::Listener, public AresSockets {
public:
    Impl(asio::io_context& context, Clock& clock, ResolverOptions options)
        : context_(context),
          clock_(clock),
          options_(std::move(options)),
          cache_(options_.cache_capacity),
          sockets_(context, *this),
          timer_(context) {
        open_channels();
    }

    ~Impl() override {
        VIGIA_ASSERT(std::all_of(lookups_.begin(), lookups_.end(),
                                 [](const Lookup& one) { return one.waiters.empty(); }));
        closing_ = true;
        dns_.reset();
        failover_.reset();
    }

    std::shared_ptr<const AddressList> cached(std::string_view name) {
        return cache_.find(name, clock_.now().mono);
    }

    asio::awaitable<Resolution> resolve(std::string name, MonoTime deadline);

    std::size_t cached_names() const { return cache_.size(); }
    std::size_t pending_lookups() const { return lookups_.size(); }

    /// What the handlers of timers hold on to, weakly.
    void remember(const std::shared_ptr<Impl>& self) { self_ = self; }

private:
    struct Lookup;

    /// One coroutine that waits for a lookup; lives in its frame.
    struct Waiter {
        Waiter(asio::io_context& context, Lookup& what) : lookup(&what), wake(context) {
            lookup->waiters.push_back(this);
        }
        ~Waiter() {
            if (lookup != nullptr) std::erase(lookup->waiters, this);
        }
        Waiter(const Waiter&) = delete;
        Waiter& operator=(const Waiter&) = delete;

        Lookup* lookup;  // null once there is a result
        BootTimer wake;
        Resolution result;
    };

    /// The A or the AAAA half of a lookup.
    struct Half {
        Lookup* lookup = nullptr;
        int family = AF_UNSPEC;
        int status = ARES_SUCCESS;
        bool done = false;
        bool second_opinion = false;  // asked the other servers after a refusal
    };

    struct Lookup {
        Impl* resolver = nullptr;
        std::list<Lookup>::iterator self;
        std::string name;
        std::array<Half, 2> halves;
        std::vector<asio::ip::address> found;
        Duration ttl = Duration::max();
        MonoTime first_found{};
        std::vector<Waiter*> waiters;
        MonoTime asked_again = MonoTime::min();  // of servers that were seen to live
        bool starting = true;
        bool published = false;
    };

    void open_channels();
    void follow_configuration();
    std::optional<Resolution> look_in_hosts(const std::string& name);
    void start(Lookup& lookup);
    void ask(Half& half, AresChannel& channel);
    static void answered(void* half, int status, int timeouts, ares_addrinfo* info);
    void take(Half& half, int status, const ares_addrinfo* info);
    void settle(Lookup& lookup);
    void publish(Lookup& lookup, Resolution result);
    Resolution failure_of(const Lookup& lookup) const;
    ReasonCode no_answer(const std::string& name, MonoTime asked, bool asked_again) const;
    void abandon(Lookup& lookup);
    bool doubt(Lookup& lookup, MonoTime asked);
    void ask_whether_alive(std::string name, bool control);
    static void is_alive(void* question, int status, int, unsigned char*, int);
    static void wait_for_tick(const std::shared_ptr<Impl>& self);
    void tick();

    void ready(int fd, unsigned events) override;
    void socket_state(int fd, bool readable, bool writable) override;
    void socket_opened(int error) override;

    asio::io_context& context_;
    Clock& clock_;
    ResolverOptions options_;
    NameCache cache_;
    PollSet sockets_;
    BootTimer timer_;
    std::weak_ptr<Impl> self_;
    bool ticking_ = false;
    bool closing_ = false;
    int socket_errno_ = 0;  // 0 if the last socket wanted could be had

    FileStamp configuration_;
    MonoTime configuration_checked_{};
    std::unique_ptr<AresChannel> hosts_;
    std::unique_ptr<AresChannel> dns_;       // reports a refusal (SERVFAIL, …) as it came
    std::unique_ptr<AresChannel> failover_;  // goes on to the next server; only if there are some

    std::list<Lookup> lookups_;                         // all that c-ares still knows of
    std::unordered_map<std::string, Lookup*> pending_;  // those without a result, by name

    /// Put only to see whether an answer comes; c-ares holds it until then.
    struct Question {
        Impl& resolver;
        std::string name;
        bool control;
    };
    AnswerWitness witness_;
    bool control_under_way_ = false;
};

void Resolver::Impl::open_channels() {
    configuration_ = stamp_of(kResolverConfiguration);
    configuration_checked_ = clock_.now().mono;
    AresOptions raw;
    raw.servers = options_.servers;
    raw.try_timeout = options_.try_timeout;
    raw.tries = options_.tries;
    auto failover = std::make_unique<AresChannel>(raw, *this);
    raw.flags = ARES_FLAG_NOCHECKRESP;
    auto dns = std::make_unique<AresChannel>(raw, *this);
    raw.lookups = "f";
    auto hosts = std::make_unique<AresChannel>(raw, *this);
    if (failover->server_count() < 2) failover.reset();

    // What was under way on the old channels ends when they do, and is asked again on the new.
    dns_.swap(dns);
    failover_.swap(failover);
    hosts_.swap(hosts);
}

void Resolver::Impl::follow_configuration() {
    if (!options_.servers.empty()) return;
    const MonoTime now = clock_.now().mono;
    if (now - configuration_checked_ < kConfigurationCheck) return;
    configuration_checked_ = now;
    if (stamp_of(kResolverConfiguration) == configuration_) return;
    try {
        open_channels();
    } catch (const FatalError&) {
        // Unreadable or no memory: the servers known so far are better than none.
    }
}

std::optional<Resolution> Resolver::Impl::look_in_hosts(const std::string& name) {
    std::vector<asio::ip::address> found;
    const auto collect = [](void* to, int status, int, ares_addrinfo* info) {
        if (status != ARES_SUCCESS) return;
        append_addresses(info, *static_cast<std::vector<asio::ip::address>*>(to));
        ::ares_freeaddrinfo(info);
    };
    const ares_addrinfo_hints hints = hints_for(AF_UNSPEC);
    ::ares_getaddrinfo(hosts_->get(), name.c_str(), nullptr, &hints, collect, &found);
    if (found.empty()) return std::nullopt;
    return Resolution{ReasonCode::none, make_address_list(std::move(found))};
}

asio::awaitable<Resolution> Resolver::Impl::resolve(std::string name, MonoTime deadline) {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (name.empty()) co_return Resolution{ReasonCode::name_not_found, nullptr};
    const MonoTime asked = clock_.now().mono;
    auto pending = pending_.find(name);
    if (pending == pending_.end()) {
        follow_configuration();
        if (std::optional<Resolution> local = look_in_hosts(name)) {
            cache_.put(std::move(name), local->addresses, clock_.now().mono + options_.min_ttl);
            co_return *std::move(local);
        }
        if (lookups_.size() >= options_.max_lookups) {
            co_return Resolution{ReasonCode::no_buffers, nullptr};
        }
        Lookup& lookup = lookups_.emplace_back();
        lookup.self = std::prev(lookups_.end());
        lookup.resolver = this;
        lookup.name = name;
        pending = pending_.emplace(name, &lookup).first;
    }
    Waiter waiter(context_, *pending->second);
    const Duration pause = std::min(kSilence, (deadline - asked) / 4);
    MonoTime look = asked + pause;
    bool asked_again = false;
    if (waiter.lookup->starting) start(*waiter.lookup);
    while (waiter.lookup != nullptr) {
        if (state.cancelled() != asio::cancellation_type::none) {
            co_return Resolution{ReasonCode::internal, nullptr};
        }
        if (clock_.now().mono >= deadline) {
            if (waiter.lookup->waiters.size() == 1) abandon(*waiter.lookup);
            co_return Resolution{no_answer(name, asked, asked_again), nullptr};
        }
        if (clock_.now().mono >= look) {
            asked_again = doubt(*waiter.lookup, asked);
            look = asked_again ? MonoTime::max() : clock_.now().mono + pause;
        }
        boost::system::error_code ignored;
        waiter.wake.expires_at(std::min(deadline, look));
        co_await waiter.wake.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    if (waiter.result.failure == ReasonCode::timeout) {
        waiter.result.failure = no_answer(name, asked, asked_again);
    }
    co_return waiter.result;
}

void Resolver::Impl::start(Lookup& lookup) {
    lookup.halves[0].family = AF_INET;
    lookup.halves[1].family = AF_INET6;
    for (Half& half : lookup.halves) {
        half.lookup = &lookup;
        ask(half, *dns_);
    }
    lookup.starting = false;
    settle(lookup);
    if (!lookups_.empty() && !ticking_) {
        ticking_ = true;
        timer_.expires_after(kTick);
        if (const std::shared_ptr<Impl> self = self_.lock()) wait_for_tick(self);
    }
}

/// The answer may come, and `half` be gone, before this returns.
void Resolver::Impl::ask(Half& half, AresChannel& channel) {
    const ares_addrinfo_hints hints = hints_for(half.family);
    ::ares_getaddrinfo(channel.get(), half.lookup->name.c_str(), nullptr, &hints, &Impl::answered,
                       &half);
}

void Resolver::Impl::answered(void* pointer, int status, int, ares_addrinfo* info) {
    Half& half = *static_cast<Half*>(pointer);
    half.lookup->resolver->take(half, status, info);
    if (info != nullptr) ::ares_freeaddrinfo(info);
}

void Resolver::Impl::take(Half& half, int status, const ares_addrinfo* info) {
    if (closing_) return;
    Lookup& lookup = *half.lookup;
    if (status == ARES_EDESTRUCTION) {  // the configuration changed
        ask(half, *dns_);
        return;
    }
    // What comes while the question is put, c-ares knew by itself.
    if (is_proper_answer(status) && !lookup.starting) witness_.note(lookup.name, clock_.now().mono);
    if (is_refusal(status) && failover_ && !half.second_opinion) {
        half.second_opinion = true;
        half.status = status;
        ask(half, *failover_);
        return;
    }
    half.done = true;
    // c-ares says "refused" where no server gave another answer: the first one told why.
    if (!half.second_opinion || is_proper_answer(status)) half.status = status;
    if (status == ARES_SUCCESS && !lookup.published) {
        if (lookup.found.empty()) lookup.first_found = clock_.now().mono;
        append_addresses(info, lookup.found);
        for (const ares_addrinfo_node* node = info->nodes; node != nullptr; node = node->ai_next) {
            lookup.ttl = std::min<Duration>(lookup.ttl, std::chrono::seconds(node->ai_ttl));
        }
    }
    settle(lookup);
}

/// Publishes what is certain, and forgets the lookup once c-ares has.
void Resolver::Impl::settle(Lookup& lookup) {
    if (lookup.starting) return;
    const bool done = lookup.halves[0].done && lookup.halves[1].done;
    if (!lookup.published) {
        const bool absent = std::any_of(
            lookup.halves.begin(), lookup.halves.end(),
            [](const Half& half) { return half.done && half.status == ARES_ENOTFOUND; });
        const MonoTime now = clock_.now().mono;
        if (!lookup.found.empty() && (done || now - lookup.first_found >= kOtherFamilyWait)) {
            Resolution good{ReasonCode::none, make_address_list(std::move(lookup.found))};
            const Duration ttl = std::clamp(lookup.ttl, options_.min_ttl, options_.max_ttl);
            cache_.put(lookup.name, good.addresses, now + ttl);
            publish(lookup, std::move(good));
        } else if (lookup.found.empty() && (done || absent)) {
            publish(lookup, failure_of(lookup));
        }
    }
    if (done) lookups_.erase(lookup.self);
}

void Resolver::Impl::publish(Lookup& lookup, Resolution result) {
    lookup.published = true;
    pending_.erase(lookup.name);
    for (Waiter* waiter : lookup.waiters) {
        waiter->result = result;
        waiter->lookup = nullptr;
        waiter->wake.cancel();
    }
    lookup.waiters.clear();
}

Resolution Resolver::Impl::failure_of(const Lookup& lookup) const {
    const auto any = [&lookup](auto matches) {
        return std::any_of(
            lookup.halves.begin(), lookup.halves.end(),
            [&matches](const Half& half) { return half.done && matches(half.status); });
    };
    ReasonCode code = ReasonCode::resolver_dead;
    if (any([](int status) { return status == ARES_ENOTFOUND || status == ARES_EBADNAME; })) {
        code = ReasonCode::name_not_found;
    } else if (any(is_refusal)) {
        const MonoTime lately = clock_.now().mono - kAliveFor;
        if (witness_.answered_others(lookup.name, lately)) code = ReasonCode::name_server_failure;
    } else if (any([](int status) { return status == ARES_ETIMEOUT; })) {
        code = ReasonCode::timeout;  // for each who waits, no_answer() has the last word
    } else if (socket_errno_ == EMFILE || socket_errno_ == ENFILE) {
        code = ReasonCode::no_descriptors;
    } else if (socket_errno_ == ENOBUFS || socket_errno_ == ENOMEM ||
               any([](int status) { return status == ARES_ENOMEM; })) {
        code = ReasonCode::no_buffers;
    } else if (any([](int status) { return status == ARES_ENODATA; })) {
        code = ReasonCode::name_no_address;
    }
    return Resolution{code, nullptr};
}

/// The last who waited has left. Who asks next must not wait behind the pauses of old tries.
void Resolver::Impl::abandon(Lookup& lookup) {
    pending_.erase(lookup.name);
    lookup.published = true;
}

/// Somebody `asked` for the name and nothing came. A resolver that dies is silent for every name,
/// and one that comes back has lost the question: only a name that is silent when it is asked again
/// of servers that answer another one is at fault itself.
ReasonCode Resolver::Impl::no_answer(const std::string& name, MonoTime asked,
                                     bool asked_again) const {
    const bool its_own = asked_again && !witness_.answered(name, asked);
    return its_own ? ReasonCode::timeout : ReasonCode::resolver_dead;
}

/// Asks the name again if the servers were seen to live since it was `asked`; otherwise another
/// one, past every cache, to see. True once there is no more to do.
bool Resolver::Impl::doubt(Lookup& lookup, MonoTime asked) {
    if (witness_.answered_others(lookup.name, asked)) {
        const bool again = lookup.asked_again < asked;
        lookup.asked_again = clock_.now().mono;
        if (again) ask_whether_alive(lookup.name, false);
        return true;
    }
    if (!control_under_way_) ask_whether_alive(witness_.control_for(lookup.name), true);
    return false;
}

void Resolver::Impl::ask_whether_alive(std::string name, bool control) {
    if (control) control_under_way_ = true;
    auto question = std::make_unique<Question>(Question{*this, std::move(name), control});
    const char* const text = question->name.c_str();
    ::ares_query(dns_->get(), text, ns_c_in, ns_t_a, &Impl::is_alive, question.release());
}

void Resolver::Impl::is_alive(void* pointer, int status, int, unsigned char*, int) {
    const std::unique_ptr<Question> question(static_cast<Question*>(pointer));
    Impl& self = question->resolver;
    if (question->control) self.control_under_way_ = false;
    if (is_proper_answer(status)) self.witness_.note(question->name, self.clock_.now().mono);
}

void Resolver::Impl::wait_for_tick(const std::shared_ptr<Impl>& self) {
    self->timer_.async_wait(
        [weak = std::weak_ptr<Impl>(self)](const boost::system::error_code& error) {
            const std::shared_ptr<Impl> impl = weak.lock();
            if (error || !impl) return;
            impl->tick();
            impl->ticking_ = !impl->lookups_.empty();
            if (!impl->ticking_) return;
            impl->timer_.expires_after(kTick);
            wait_for_tick(impl);
        });
}

void Resolver::Impl::tick() {
    ready(ARES_SOCKET_BAD, 0);
    for (auto next = lookups_.begin(); next != lookups_.end();) {
        Lookup& lookup = *next++;
        settle(lookup);
    }
}

void Resolver::Impl::ready(int fd, unsigned events) {
    const bool readable = (events & (PollSet::kRead | PollSet::kError)) != 0;
    const bool writable = (events & PollSet::kWrite) != 0;
    const ares_socket_t read = readable ? fd : ARES_SOCKET_BAD;
    const ares_socket_t write = writable ? fd : ARES_SOCKET_BAD;
    ::ares_process_fd(dns_->get(), read, write);
    if (failover_) ::ares_process_fd(failover_->get(), read, write);
}

void Resolver::Impl::socket_state(int fd, bool readable, bool writable) {
    if (!readable && !writable) {
        sockets_.forget(fd);
        return;
    }
    const int error =
        sockets_.watch(fd, (readable ? PollSet::kRead : 0U) | (writable ? PollSet::kWrite : 0U));
    if (error != 0) socket_errno_ = error;
}

void Resolver::Impl::socket_opened(int error) {
    socket_errno_ = error;
}

Resolver::Resolver(asio::io_context& context, Clock& clock, ResolverOptions options)
    : impl_(std::make_shared<Impl>(context, clock, std::move(options))) {
    impl_->remember(impl_);
}

Resolver::~Resolver() = default;

std::shared_ptr<const AddressList> Resolver::known(std::string_view name) {
    if (std::optional<asio::ip::address> address = literal_address(name)) {
        return make_address_list({*std::move(address)});
    }
    return impl_->cached(name);
}

asio::awaitable<Resolution> Resolver::resolve(std::string name, MonoTime deadline) {
    Resolution at_once{ReasonCode::none, known(name)};
    if (at_once.addresses) co_return at_once;
    co_return co_await impl_->resolve(std::move(name), deadline);
}

std::size_t Resolver::cached_names() const {
    return impl_->cached_names();
}

std::size_t Resolver::pending_lookups() const {
    return impl_->pending_lookups();
}

}  // namespace vigia
