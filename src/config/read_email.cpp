#include "base/text.hpp"
#include "config/addresses.hpp"
#include "config/sections.hpp"
#include "config/url.hpp"

#include <algorithm>
#include <unordered_set>

namespace vigia {
namespace {

bool has_control(std::string_view text) {
    // Whatever is escaped for a log line has no place in a header or a protocol command.
    return escape_line(text) != text;
}

/// The recipients of a string or a list of strings, without repeats.
void read_recipients(ReadContext& context, const JsonValue& value, EmailChannel& email) {
    std::unordered_set<std::string> seen;
    const auto add = [&](const JsonValue& item) {
        const std::optional<std::string> address = read_string(context, item);
        if (!address) return;
        if (const EmailFault fault = check_email(*address); fault != EmailFault::none) {
            context.error(item, context.text(message_of(fault)));
        } else if (seen.insert(normalized_email(*address)).second) {
            email.recipients.push_back(*address);
        }
    };
    if (value.kind == JsonKind::string) {
        add(value);
        return;
    }
    if (value.kind != JsonKind::array) {
        context.wrong_type(value, context.text("an address or a list of addresses"));
        return;
    }
    if (value.children == 0) {
        context.error(value, context.text("at least one recipient is required"));
    }
    const Document& document = context.document();
    for (const JsonValue* item = document.first_child(value); item != nullptr;
         item = document.next(*item)) {
        add(*item);
    }
}

void read_sender(ObjectReader& reader, EmailChannel& email) {
    ReadContext& context = reader.context();
    if (const JsonValue* at = reader.require("sender_email")) {
        if (std::optional<std::string> address = read_string(context, *at)) {
            if (const EmailFault fault = check_email(*address); fault != EmailFault::none) {
                context.error(*at, context.text(message_of(fault)));
            }
            email.sender = std::move(*address);
        }
    }
    if (const JsonValue* at = reader.find("sender_name")) {
        if (std::optional<std::string> name = read_string(context, *at)) {
            if (has_control(*name)) {
                context.error(*at, context.text("line breaks and control characters are not "
                                                "allowed here"));
            }
            email.sender_name = std::move(*name);
        }
    }
}

void read_server(ObjectReader& reader, MailServer& server) {
    ReadContext& context = reader.context();
    if (const JsonValue* at = reader.require("smtp_server")) {
        if (std::optional<std::string> host = read_string(context, *at)) {
            if (host->starts_with('[') && host->ends_with(']')) {
                host = host->substr(1, host->size() - 2);
            }
            if (!is_host(*host)) {
                context.error(*at, context.text("not a valid host name or address (the port goes "
                                                "into \"smtp_port\")"));
            }
            server.host = std::move(*host);
        }
    }
    constexpr std::int64_t kLastPort = 65535;
    reader.read("smtp_port", server.port, IntegerRange{.min = 1, .max = kLastPort});

    bool ssl = false;
    bool tls = true;
    reader.read("smtp_use_ssl", ssl);
    const bool has_tls = reader.read("smtp_use_tls", tls);
    if (ssl && has_tls && tls) {
        context.error(*reader.find("smtp_use_ssl"),
                      context.text("\"smtp_use_ssl\" and \"smtp_use_tls\" exclude each other: set "
                                   "one of them to false"));
    }
    server.security = ssl ? SmtpSecurity::tls : tls ? SmtpSecurity::starttls : SmtpSecurity::none;
    if (ssl && reader.find("smtp_port") == nullptr) {
        context.warn(*reader.find("smtp_use_ssl"),
                     context.text("\"smtp_port\" is 587 when it is not given; with "
                                  "\"smtp_use_ssl\" it is usually 465"));
    }
    reader.read("smtp_verify_certificate", server.verify_certificate);
    if (reader.read_path("smtp_ca_file", server.ca_file) && !context.readable(server.ca_file)) {
        context.warn(*reader.find("smtp_ca_file"),
                     context.text("the file cannot be read at present"));
    }
}

void read_login(ObjectReader& reader, EmailChannel& email) {
    ReadContext& context = reader.context();
    MailServer& server = email.server;
    server.user = email.sender;
    if (reader.read("smtp_user", server.user) && has_control(server.user)) {
        context.error(*reader.find("smtp_user"),
                      context.text("line breaks and control characters are not allowed here"));
    }
    std::optional<GivenSecret> password = reader.secret("sender_password", "sender_password_file");
    if (!password) return;
    if (password->secret.reveal().find('\0') != std::string::npos) {
        context.error(*password->at, context.text("a password cannot hold a NUL character"));
    }
    if (!password->secret.empty() && server.security == SmtpSecurity::none) {
        context.warn(
            *password->at,
            context.text("the password is sent without encryption: set \"smtp_use_tls\" or "
                         "\"smtp_use_ssl\" to true"));
    }
    server.password = std::move(password->secret);
}

bool is_empty(const Document& document, const JsonValue& object) {
    for (const JsonValue* v = document.first_child(object); v != nullptr; v = document.next(*v)) {
        if (!v->key.starts_with('_') && !v->key.starts_with('$')) return false;
    }
    return true;
}

}  // namespace

std::optional<EmailChannel> read_email(ReadContext& context, const JsonValue& value) {
    if (value.kind != JsonKind::object) {
        context.wrong_type(value, context.text("an object"));
        return std::nullopt;
    }
    if (is_empty(context.document(), value)) return std::nullopt;
    EmailChannel email;
    ObjectReader reader(context, value);
    read_server(reader, email.server);
    read_sender(reader, email);
    read_login(reader, email);
    const JsonValue* several = reader.find("recipient_emails");
    const JsonValue* one = reader.find("recipient_email");  // what older versions had
    if (several != nullptr || one != nullptr) {
        read_recipients(context, several != nullptr ? *several : *one, email);
    } else {
        context.missing(value, "recipient_emails");
    }
    reader.finish();
    return email;
}

}  // namespace vigia
