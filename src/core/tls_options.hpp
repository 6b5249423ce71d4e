#pragma once

#include <string>

namespace vigia {

/// How TLS is spoken to a target or a mail server. Paths are absolute.
struct TlsOptions {
    bool verify = true;       ///< certificate chain and host name
    std::string ca_file;      ///< PEM; empty: the system's store
    std::string server_name;  ///< SNI and the name verified; empty: the host
    std::string cert_file;    ///< client certificate, PEM; empty: none
    std::string key_file;     ///< its key, PEM; empty: in cert_file

    friend bool operator==(const TlsOptions&, const TlsOptions&) = default;
};

}  // namespace vigia
