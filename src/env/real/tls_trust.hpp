#pragma once

#include "base/time.hpp"
#include "core/probe_result.hpp"
#include "core/reason.hpp"
#include "env/clock.hpp"
#include "env/real/file_stamp.hpp"

#include <cstddef>
#include <memory>
#include <openssl/ossl_typ.h>
#include <optional>
#include <string>
#include <unordered_map>

namespace vigia {

/// The bundle of certificate authorities of this machine: SSL_CERT_FILE, or where the distribution
/// keeps it; empty if there is none.
std::string system_ca_file();

/// Certificate authorities by file, each read once and shared by every handshake: reading the
/// system's bundle takes longer than a whole HTTPS check. A file that changed is read again; what
/// it held before counts until that succeeds. One per shard; one thread.
class TrustStores {
public:
    /// `system_file` stands for an empty file name.
    TrustStores(Clock& clock, std::string system_file);
    ~TrustStores();
    TrustStores(const TrustStores&) = delete;
    TrustStores& operator=(const TrustStores&) = delete;

    /// The store of `ca_file`; null if the file could never be used. Valid until the next call;
    /// OpenSSL counts references.
    X509_STORE* find(const std::string& ca_file);

private:
    struct Entry {
        std::shared_ptr<X509_STORE> store;  ///< the last that could be loaded
        FileStamp stamp;                    ///< of the file that `store` was loaded from
        MonoTime checked{};
        MonoTime used{};
    };
    Entry& entry_for(const std::string& path, MonoTime now);
    static void refresh(const std::string& path, Entry& entry);

    Clock& clock_;
    std::string system_file_;
    std::unordered_map<std::string, Entry> entries_;
};

/// Why the chain that the peer presented in `tls`, whose handshake verified nothing, is not good
/// against `store` and for `name` (a host name or an IP address; empty: any); none if it is good.
std::optional<ReasonCode> refusal_of_peer(const SSL* tls, X509_STORE* store,
                                          const std::string& name);

/// Sits in one handshake: gives it its trust store, and notes what the peer presented and why it
/// was refused. Lives where the transfer lives.
class TlsObserver {
public:
    /// To be called when the handshake's context exists. `store` may be null if `verify` is false.
    /// A context of another handshake (that with a proxy) may have been prepared before.
    void prepare(SSL_CTX* context, X509_STORE* store, bool verify);

    void reset() { *this = TlsObserver(); }

    bool started() const { return started_; }
    const std::optional<TlsSummary>& summary() const { return summary_; }

    /// Why the chain was refused; none if it was not.
    std::optional<ReasonCode> refusal() const;

    /// What the peer's fatal alert says, or empty: "handshake failure".
    std::string alert() const;

private:
    static int verify_chain(X509_STORE_CTX* context, void* self);
    static void note_state(const SSL* ssl, int where, int value);

    bool started_ = false;
    bool verify_ = true;
    int verify_error_ = 0;
    int alert_ = -1;
    std::optional<TlsSummary> summary_;
};

}  // namespace vigia
