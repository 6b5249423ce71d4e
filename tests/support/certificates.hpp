#pragma once

#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <memory>
#include <openssl/ossl_typ.h>
#include <string>

namespace vigia::test {

/// What a certificate says.
struct CertificateSpec {
    std::string name;               ///< common name
    std::string alternative_names;  ///< "DNS:localhost,IP:127.0.0.1"; empty: none
    std::chrono::hours from{-24};   ///< from now
    std::chrono::hours until{24 * 90};
    bool authority = false;
};

CertificateSpec certificate_spec(const std::string& name, const std::string& alternative_names);
CertificateSpec authority_spec(const std::string& name);
/// For localhost and 127.0.0.1.
CertificateSpec loopback_spec(const std::string& name = "localhost");

/// A certificate and its key (P-256), made at run time.
class Certificate {
public:
    /// Signed by `issuer`, or by itself if that is null.
    Certificate(const CertificateSpec& spec, const Certificate* issuer);

    const std::string& certificate_pem() const { return certificate_pem_; }
    const std::string& key_pem() const { return key_pem_; }

private:
    std::shared_ptr<X509> certificate_;
    std::shared_ptr<EVP_PKEY> key_;
    std::string certificate_pem_;
    std::string key_pem_;
};

/// A server context that presents `leaf`, and `chain_pem` after it.
boost::asio::ssl::context server_context(const Certificate& leaf,
                                         const std::string& chain_pem = "");

/// The same, but asks for a client certificate signed by `authority`, and insists.
boost::asio::ssl::context mutual_context(const Certificate& leaf, const Certificate& authority);

}  // namespace vigia::test
