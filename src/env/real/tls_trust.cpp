#include "env/real/tls_trust.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

namespace vigia {

namespace {

using namespace std::chrono_literals;

constexpr Duration kFileCheck = 5s;  // how often a file is looked at for changes
constexpr std::size_t kMaxStores = 64;
constexpr std::size_t kMaxName = 512;

int observer_index() {
    static const int index = ::SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

WallTime to_wall_time(const ASN1_TIME* time) {
    std::tm parts{};
    if (::ASN1_TIME_to_tm(time, &parts) != 1) return {};
    const auto seconds = std::chrono::seconds(::timegm(&parts));
    // Certificates that never expire say 9999, which nanoseconds cannot.
    const auto last = std::chrono::duration_cast<std::chrono::seconds>(Duration::max());
    return WallTime(std::clamp<std::chrono::seconds>(seconds, -last, last));
}

std::string to_text(const X509_NAME* name) {
    const std::unique_ptr<BIO, decltype(&::BIO_free)> bio(::BIO_new(::BIO_s_mem()), &::BIO_free);
    if (!bio) return {};
    ::X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    if (size <= 0) return {};
    return std::string(text, std::min(static_cast<std::size_t>(size), kMaxName));
}

TlsSummary summarise(X509_STORE_CTX* context) {
    TlsSummary summary;
    const auto* ssl = static_cast<const SSL*>(
        ::X509_STORE_CTX_get_ex_data(context, ::SSL_get_ex_data_X509_STORE_CTX_idx()));
    if (ssl != nullptr) summary.version = ::SSL_get_version(ssl);
    summary.not_after = WallTime::max();
    if (X509* const leaf = ::X509_STORE_CTX_get0_cert(context)) {
        summary.subject = to_text(::X509_get_subject_name(leaf));
        summary.issuer = to_text(::X509_get_issuer_name(leaf));
        summary.not_after = to_wall_time(::X509_get0_notAfter(leaf));
    }
    STACK_OF(X509)* const chain = ::X509_STORE_CTX_get0_untrusted(context);
    for (int i = 0; i < sk_X509_num(chain); ++i) {
        const WallTime expiry = to_wall_time(::X509_get0_notAfter(sk_X509_value(chain, i)));
        summary.not_after = std::min(summary.not_after, expiry);
    }
    return summary;
}

std::optional<ReasonCode> reason_of_verification(long error) {
    switch (error) {
        case X509_V_OK:
            return std::nullopt;
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return ReasonCode::certificate_expired;
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return ReasonCode::certificate_not_yet_valid;
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return ReasonCode::certificate_self_signed;
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_CERT_UNTRUSTED:
            return ReasonCode::certificate_untrusted;
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return ReasonCode::certificate_wrong_host;
        default:
            return ReasonCode::certificate_invalid;
    }
}

}  // namespace

std::string system_ca_file() {
    const char* const chosen = std::getenv("SSL_CERT_FILE");
    if (chosen != nullptr && *chosen != '\0') return chosen;
    // Debian and Alpine, Fedora, openSUSE, the BSDs.
    constexpr std::array kUsual = {
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    };
    for (const char* const path : kUsual) {
        if (::access(path, R_OK) == 0) return path;
    }
    return {};
}

TrustStores::TrustStores(Clock& clock, std::string system_file)
    : clock_(clock), system_file_(std::move(system_file)) {}

TrustStores::~TrustStores() = default;

X509_STORE* TrustStores::find(const std::string& ca_file) {
    const std::string& path = ca_file.empty() ? system_file_ : ca_file;
    const MonoTime now = clock_.now().mono;
    Entry& entry = entry_for(path, now);
    entry.used = now;
    if (now - entry.checked >= kFileCheck) {
        entry.checked = now;
        refresh(path, entry);
    }
    return entry.store.get();
}

/// The entry of `path`; a new one, which takes the place of the least used if need be, is yet to be
/// checked.
TrustStores::Entry& TrustStores::entry_for(const std::string& path, MonoTime now) {
    const auto found = entries_.find(path);
    if (found != entries_.end()) return found->second;
    if (entries_.size() >= kMaxStores) {
        entries_.erase(std::min_element(
            entries_.begin(), entries_.end(),
            [](const auto& a, const auto& b) { return a.second.used < b.second.used; }));
    }
    Entry& entry = entries_[path];
    entry.checked = now - kFileCheck;
    return entry;
}

/// Loads a file that is not the one loaded last. A bundle that is missing or broken is mostly one
/// that is being replaced: the store at hand stays, and the next check tries again.
void TrustStores::refresh(const std::string& path, Entry& entry) {
    struct stat status {};
    if (!path.empty() && ::stat(path.c_str(), &status) != 0) return;
    const FileStamp stamp = stamp_of(status);
    if (entry.store && stamp == entry.stamp) return;

    std::shared_ptr<X509_STORE> store(::X509_STORE_new(), &::X509_STORE_free);
    // Without any bundle: the directory that OpenSSL was built with, read a file at a time.
    const bool loaded =
        store && (path.empty() ? ::X509_STORE_set_default_paths(store.get())
                               : ::X509_STORE_load_file(store.get(), path.c_str())) == 1;
    ::ERR_clear_error();
    if (!loaded) return;
    entry.store = std::move(store);
    entry.stamp = stamp;
}

std::optional<ReasonCode> refusal_of_peer(const SSL* tls, X509_STORE* store,
                                          const std::string& name) {
    const std::unique_ptr<X509, decltype(&::X509_free)> leaf(::SSL_get1_peer_certificate(tls),
                                                             &::X509_free);
    if (!leaf) return ReasonCode::certificate_invalid;
    const std::unique_ptr<X509_STORE_CTX, decltype(&::X509_STORE_CTX_free)> context(
        ::X509_STORE_CTX_new(), &::X509_STORE_CTX_free);
    STACK_OF(X509)* const chain = ::SSL_get_peer_cert_chain(tls);
    if (!context || ::X509_STORE_CTX_init(context.get(), store, leaf.get(), chain) != 1) {
        return ReasonCode::no_buffers;
    }
    ::X509_STORE_CTX_set_default(context.get(), "ssl_server");
    X509_VERIFY_PARAM* const rules = ::X509_STORE_CTX_get0_param(context.get());
    ::X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (!name.empty() && ::X509_VERIFY_PARAM_set1_ip_asc(rules, name.c_str()) != 1) {
        ::X509_VERIFY_PARAM_set1_host(rules, name.c_str(), name.size());
    }
    const bool good = ::X509_verify_cert(context.get()) == 1;
    const int error = ::X509_STORE_CTX_get_error(context.get());
    ::ERR_clear_error();
    if (good) return std::nullopt;
    return reason_of_verification(error).value_or(ReasonCode::certificate_invalid);
}

void TlsObserver::prepare(SSL_CTX* context, X509_STORE* store, bool verify) {
    started_ = true;
    verify_ = verify;
    verify_error_ = X509_V_OK;
    summary_.reset();
    if (store != nullptr) ::SSL_CTX_set1_cert_store(context, store);
    ::SSL_CTX_set_ex_data(context, observer_index(), this);
    ::SSL_CTX_set_cert_verify_callback(context, &TlsObserver::verify_chain, this);
    ::SSL_CTX_set_info_callback(context, &TlsObserver::note_state);
}

/// Called with the peer's chain whether it is to be verified or not.
int TlsObserver::verify_chain(X509_STORE_CTX* context, void* self) {
    auto& observer = *static_cast<TlsObserver*>(self);
    observer.summary_ = summarise(context);
    if (!observer.verify_) return 1;
    const int result = ::X509_verify_cert(context);
    observer.verify_error_ = ::X509_STORE_CTX_get_error(context);
    return result > 0 ? 1 : 0;
}

void TlsObserver::note_state(const SSL* ssl, int where, int value) {
    if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT) return;
    constexpr int kFatal = 2;
    if ((value >> 8) != kFatal) return;
    auto* observer =
        static_cast<TlsObserver*>(::SSL_CTX_get_ex_data(::SSL_get_SSL_CTX(ssl), observer_index()));
    if (observer != nullptr) observer->alert_ = value;
}

std::optional<ReasonCode> TlsObserver::refusal() const {
    return reason_of_verification(verify_error_);
}

std::string TlsObserver::alert() const {
    return alert_ < 0 ? std::string() : std::string(::SSL_alert_desc_string_long(alert_));
}

}  // namespace vigia
