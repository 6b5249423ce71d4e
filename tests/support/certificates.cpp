#include "tests/support/certificates.hpp"

#include <boost/asio/buffer.hpp>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdexcept>

namespace vigia::test {

namespace ssl = boost::asio::ssl;

namespace {

void require(bool good) {
    if (!good) throw std::runtime_error("OpenSSL could not make a certificate");
}

template <class Write>
std::string to_pem(Write write) {
    const std::shared_ptr<BIO> bio(BIO_new(BIO_s_mem()), &BIO_free);
    require(bio && write(bio.get()) == 1);
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return std::string(text, static_cast<std::size_t>(size));
}

void add_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
    require(extension != nullptr);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

}  // namespace

CertificateSpec certificate_spec(const std::string& name, const std::string& alternative_names) {
    CertificateSpec spec;
    spec.name = name;
    spec.alternative_names = alternative_names;
    return spec;
}

CertificateSpec authority_spec(const std::string& name) {
    CertificateSpec spec = certificate_spec(name, "");
    spec.authority = true;
    return spec;
}

CertificateSpec loopback_spec(const std::string& name) {
    return certificate_spec(name, "DNS:localhost,IP:127.0.0.1");
}

Certificate::Certificate(const CertificateSpec& spec, const Certificate* issuer)
    : certificate_(X509_new(), &X509_free), key_(EVP_EC_gen("P-256"), &EVP_PKEY_free) {
    require(certificate_ && key_);
    X509* const x509 = certificate_.get();
    X509* const signer = issuer != nullptr ? issuer->certificate_.get() : x509;
    EVP_PKEY* const signing_key = issuer != nullptr ? issuer->key_.get() : key_.get();

    std::uint32_t serial = 0;
    require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial);
    X509_gmtime_adj(X509_getm_notBefore(x509), std::chrono::seconds(spec.from).count());
    X509_gmtime_adj(X509_getm_notAfter(x509), std::chrono::seconds(spec.until).count());
    X509_set_pubkey(x509, key_.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(spec.name.c_str()), -1, -1,
                               0);
    X509_set_issuer_name(x509, X509_get_subject_name(signer));
    add_extension(x509, signer, NID_basic_constraints,
                  spec.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (!spec.alternative_names.empty()) {
        add_extension(x509, signer, NID_subject_alt_name, spec.alternative_names);
    }
    require(X509_sign(x509, signing_key, EVP_sha256()) > 0);

    certificate_pem_ = to_pem([x509](BIO* bio) { return PEM_write_bio_X509(bio, x509); });
    key_pem_ = to_pem([this](BIO* bio) {
        return PEM_write_bio_PrivateKey(bio, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
}

ssl::context server_context(const Certificate& leaf, const std::string& chain_pem) {
    ssl::context context(ssl::context::tls_server);
    context.use_certificate_chain(boost::asio::buffer(leaf.certificate_pem() + chain_pem));
    context.use_private_key(boost::asio::buffer(leaf.key_pem()), ssl::context::pem);
    return context;
}

ssl::context mutual_context(const Certificate& leaf, const Certificate& authority) {
    ssl::context context = server_context(leaf);
    context.add_certificate_authority(boost::asio::buffer(authority.certificate_pem()));
    context.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
    return context;
}

}  // namespace vigia::test
