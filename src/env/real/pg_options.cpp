#include "env/real/pg_options.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <vector>

namespace vigia {

namespace {

constexpr const char* kNoFile = "/dev/null/none";

const char* ssl_mode(DbTlsMode mode) {
    switch (mode) {
        case DbTlsMode::disable:
            return "disable";
        case DbTlsMode::prefer:
            return "prefer";
        default:
            return "require";
    }
}

const char* or_no_file(const std::string& path) {
    return path.empty() ? kNoFile : path.c_str();
}

const std::string& key_file(const TlsOptions& tls) {
    return tls.key_file.empty() ? tls.cert_file : tls.key_file;
}

struct FileCloser {
    void operator()(FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<FILE, FileCloser>;

/// An encrypted key is not asked about on the terminal.
int no_password(char*, int, int, void*) {
    return -1;
}

/// libpq's own rule (fe-secure-openssl.c).
bool is_private(const struct stat& status) {
    const mode_t others = status.st_uid == 0 ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO;
    return (status.st_mode & others) == 0;
}

}  // namespace

PgConn begin_connection(const DbTarget& target, const std::string& address,
                        const std::string& account) {
    const std::string port = std::to_string(target.port);
    const std::string& name = target.tls.server_name.empty() ? target.host : target.tls.server_name;
    std::vector<const char*> keys;
    std::vector<const char*> values;
    const auto set = [&keys, &values](const char* key, const char* value) {
        keys.push_back(key);
        values.push_back(value);
    };
    set("host", address.empty() ? target.host.c_str() : name.c_str());
    if (!address.empty()) set("hostaddr", address.c_str());
    set("port", port.c_str());
    set("dbname", target.database.c_str());
    set("user", target.user.empty() ? account.c_str() : target.user.c_str());
    set("password", target.password.reveal().c_str());
    set("passfile", kNoFile);
    set("application_name", "vigia");
    set("client_encoding", "UTF8");
    set("connect_timeout", "0");
    set("keepalives", "0");
    set("target_session_attrs", "any");
    set("gssencmode", "disable");
    set("channel_binding", "prefer");
    set("sslmode", ssl_mode(target.tls_mode));
    set("sslcompression", "0");
    set("ssl_min_protocol_version", "TLSv1.2");
    set("sslsni", "1");
    set("sslcert", or_no_file(target.tls.cert_file));
    set("sslkey", or_no_file(key_file(target.tls)));
    set("sslpassword", "none");  // without any, libpq would ask on the terminal
    set("sslrootcert", kNoFile);
    set("sslcrl", kNoFile);
    set("sslcrldir", kNoFile);
    keys.push_back(nullptr);
    values.push_back(nullptr);
    constexpr int kExpandNoName = 0;
    return PgConn(::PQconnectStartParams(keys.data(), values.data(), kExpandNoName));
}

std::optional<std::string> client_certificate_problem(const TlsOptions& tls) {
    if (tls.cert_file.empty()) return std::nullopt;
    const File certificate(std::fopen(tls.cert_file.c_str(), "re"));
    if (!certificate) return fmt::format("{}: {}", tls.cert_file, std::strerror(errno));
    const File key(std::fopen(key_file(tls).c_str(), "re"));
    struct stat status {};
    if (!key || ::fstat(::fileno(key.get()), &status) != 0) {
        return fmt::format("{}: {}", key_file(tls), std::strerror(errno));
    }
    if (!is_private(status)) {
        return fmt::format("{}: others may read the key; its mode must be 0600, or 0640 if root's",
                           key_file(tls));
    }
    const std::unique_ptr<X509, decltype(&::X509_free)> x509(
        ::PEM_read_X509(certificate.get(), nullptr, &no_password, nullptr), &::X509_free);
    const std::unique_ptr<EVP_PKEY, decltype(&::EVP_PKEY_free)> private_key(
        ::PEM_read_PrivateKey(key.get(), nullptr, &no_password, nullptr), &::EVP_PKEY_free);
    const bool fits =
        x509 && private_key && ::X509_check_private_key(x509.get(), private_key.get()) == 1;
    ::ERR_clear_error();
    if (!x509) return fmt::format("{}: not a certificate in PEM", tls.cert_file);
    if (!private_key) return fmt::format("{}: not an unencrypted key in PEM", key_file(tls));
    if (!fits) return fmt::format("{}: not the key of the certificate", key_file(tls));
    return std::nullopt;
}

}  // namespace vigia
