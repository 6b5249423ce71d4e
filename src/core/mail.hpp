#pragma once

#include "base/secret.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace vigia {

enum class SmtpSecurity : std::uint8_t {
    none,
    starttls,  ///< required: no STARTTLS, no mail
    tls,       ///< implicit TLS, "SMTPS"
};

/// How to reach the mail server.
struct MailServer {
    std::string host;
    std::uint16_t port = 587;
    SmtpSecurity security = SmtpSecurity::starttls;
    bool verify_certificate = true;
    std::string ca_file;  ///< PEM; empty: the system's store
    std::string user;
    Secret password;  ///< empty: no AUTH; otherwise a server without AUTH is an error

    friend bool operator==(const MailServer&, const MailServer&) = default;
};

/// One message to one recipient, before MIME. No field may hold a line break where the protocol
/// has a header; the mailer encodes (RFC 2047, quoted-printable).
struct MailMessage {
    std::string from_address;
    std::string from_name;  ///< may be empty
    std::string to;
    std::string subject;
    std::string message_id;   ///< with the angle brackets
    std::string in_reply_to;  ///< the thread's first Message-ID, or empty
    WallTime date{};
    std::string text;  ///< UTF-8, lines end in \n
    std::string html;  ///< UTF-8
};

/// The mail channel of a configuration.
struct EmailChannel {
    MailServer server;
    std::string sender;
    std::string sender_name;
    std::vector<std::string> recipients;  ///< without repeats, in the order configured

    friend bool operator==(const EmailChannel&, const EmailChannel&) = default;
};

}  // namespace vigia
