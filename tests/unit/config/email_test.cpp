#include "tests/unit/config/reading.hpp"

namespace vigia {
namespace {

using testing::bad;
using testing::expect_mistakes;
using testing::FakeSources;
using testing::good;
using testing::Mistake;

/// A complete section with MEMBERS added.
std::string section(const std::string& members) {
    return R"({"email": {"smtp_server": "mail.example", "sender_email": "s@example",
"recipient_emails": "r@example")" +
           (members.empty() ? "" : ",\n" + members) + R"(}, "language": "en"})";
}

EmailChannel email(const std::string& members, const FakeSources& world = {}) {
    return good(section(members), world).email.value_or(EmailChannel{});
}

/// Mistakes in the third line of a complete section.
void expect_in_third_line(std::vector<Mistake> rows, const FakeSources& world = {}) {
    for (Mistake& row : rows) {
        row.text = section(row.text);
        row.pointer = "/email" + row.pointer;
        row.line = 3;
    }
    expect_mistakes(rows, world);
}

TEST(Email, IsOffWhenAbsentOrEmpty) {
    EXPECT_FALSE(good("{}").email.has_value());
    EXPECT_FALSE(good(R"({"email": {}})").email.has_value());
    EXPECT_FALSE(good(R"({"email": {"_comment": "later", "$x": 1}})").email.has_value());
}

TEST(Email, FillsInTheDefaults) {
    const EmailChannel channel = email("");
    EXPECT_EQ(channel.server.host, "mail.example");
    EXPECT_EQ(channel.server.port, 587);
    EXPECT_EQ(channel.server.security, SmtpSecurity::starttls);
    EXPECT_TRUE(channel.server.verify_certificate);
    EXPECT_EQ(channel.server.user, "s@example");
    EXPECT_TRUE(channel.server.password.empty());
    EXPECT_EQ(channel.sender, "s@example");
    EXPECT_EQ(channel.sender_name, "");
    EXPECT_EQ(channel.recipients, std::vector<std::string>{"r@example"});
}

TEST(Email, ReadsEveryKey) {
    FakeSources world;
    world.files["/etc/vigia/ca.pem"] = "x";
    const Config config =
        good(section(R"("smtp_port": 465, "smtp_use_tls": false, "smtp_use_ssl": true,
            "sender_password": "pw", "smtp_user": "u", "sender_name": "Vigía",
            "smtp_verify_certificate": false, "smtp_ca_file": "ca.pem")"),
             world);
    const EmailChannel& channel = *config.email;
    EXPECT_EQ(channel.server.port, 465);
    EXPECT_EQ(channel.server.security, SmtpSecurity::tls);
    EXPECT_FALSE(channel.server.verify_certificate);
    EXPECT_EQ(channel.server.ca_file, "/etc/vigia/ca.pem");
    EXPECT_EQ(channel.server.user, "u");
    EXPECT_EQ(channel.server.password, Secret("pw"));
    EXPECT_EQ(channel.sender_name, "Vigía");
    EXPECT_TRUE(config.warnings.empty());
}

TEST(Email, ChoosesTheSecurityFromTheTwoFlags) {
    EXPECT_EQ(email(R"("smtp_use_ssl": true)").server.security, SmtpSecurity::tls);
    EXPECT_EQ(email(R"("smtp_use_tls": true)").server.security, SmtpSecurity::starttls);
    EXPECT_EQ(email(R"("smtp_use_tls": false)").server.security, SmtpSecurity::none);
    EXPECT_EQ(email(R"("smtp_use_ssl": false)").server.security, SmtpSecurity::starttls);
    EXPECT_EQ(email(R"("smtp_use_ssl": true, "smtp_use_tls": false)").server.security,
              SmtpSecurity::tls);
    expect_in_third_line({{"both", R"("smtp_use_tls": true, "smtp_use_ssl": true)", 0, 39,
                           "/smtp_use_ssl", "exclude each other"}});
}

TEST(Email, TakesOneRecipientOrManyAndDropsRepeats) {
    const auto recipients = [](const std::string& value) {
        return good(R"({"email": {"smtp_server": "m", "sender_email": "s@m", )" + value + "}}")
            .email->recipients;
    };
    using List = std::vector<std::string>;
    EXPECT_EQ(recipients(R"("recipient_emails": "a@b")"), List{"a@b"});
    EXPECT_EQ(recipients(R"("recipient_emails": ["a@b", "c@d"])"), (List{"a@b", "c@d"}));
    EXPECT_EQ(recipients(R"("recipient_emails": ["a@b", "a@B", "A@b", "a@b"])"),
              (List{"a@b", "A@b"}))
        << "only the domain ignores case";
    EXPECT_EQ(recipients(R"("recipient_email": "old@b")"), List{"old@b"});
    EXPECT_EQ(recipients(R"("recipient_email": "old@b", "recipient_emails": ["new@b"])"),
              List{"new@b"});
}

TEST(Email, TakesThePasswordFromAFile) {
    FakeSources world;
    world.files = {
        {"/etc/vigia/secrets/smtp", "from file\n"}, {"/run/crlf", "x\r\n"}, {"/run/two", "x\n\n"}};
    const auto password = [&world](const std::string& path) {
        return email("\"sender_password_file\": \"" + path + "\"", world).server.password;
    };
    EXPECT_EQ(password("secrets/smtp"), Secret("from file"));
    EXPECT_EQ(password("/run/crlf"), Secret("x"));
    EXPECT_EQ(password("/run/two"), Secret("x\n")) << "one newline is stripped";
}

TEST(Email, RefusesABadPasswordFile) {
    FakeSources world;
    world.files = {{"/nul", std::string("a\0b", 3)}};
    expect_in_third_line(
        {
            {"missing", R"("sender_password_file": "no/such")", 0, 25, "/sender_password_file",
             "cannot read the file \"/etc/vigia/no/such\""},
            {"NUL", R"("sender_password_file": "/nul")", 0, 25, "/sender_password_file", "NUL"},
            {"both", R"("sender_password": "x", "sender_password_file": "/nul")", 0, 25,
             "/sender_password_file", "exclude each other"},
            {"number", R"("sender_password": 1234)", 0, 20, "/sender_password",
             "expected a string, found a number"},
        },
        world);
}

TEST(Email, WarnsAboutAPasswordInTheClear) {
    const Config config = good(section(R"("smtp_use_tls": false, "sender_password": "x")"));
    ASSERT_EQ(config.warnings.size(), 1U);
    EXPECT_EQ(config.warnings[0].pointer, "/email/sender_password");
    EXPECT_NE(config.warnings[0].message.find("without encryption"), std::string::npos);
    EXPECT_EQ(config.email->server.password, Secret("x")) << "it is used nevertheless";
    EXPECT_TRUE(good(section(R"("smtp_use_tls": false, "sender_password": "")")).warnings.empty());
}

TEST(Email, WarnsAboutThePortOfSmtps) {
    EXPECT_EQ(good(section(R"("smtp_use_ssl": true)")).warnings.at(0).pointer,
              "/email/smtp_use_ssl");
    EXPECT_TRUE(good(section(R"("smtp_use_ssl": true, "smtp_port": 465)")).warnings.empty());
}

TEST(Email, RequiresServerSenderAndRecipient) {
    const std::vector<ConfigProblem> errors =
        bad(R"({"language": "en", "email": {"smtp_port": 25}})");
    ASSERT_EQ(errors.size(), 3U);
    const char* keys[] = {"smtp_server", "sender_email", "recipient_emails"};
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(errors[i].pointer, "/email");
        EXPECT_EQ(errors[i].column, 29U);
        EXPECT_NE(errors[i].message.find(keys[i]), std::string::npos) << errors[i].message;
    }
}

TEST(Email, RefusesWrongValues) {
    expect_in_third_line({
        {"port 0", R"("smtp_port": 0)", 0, 14, "/smtp_port", "from 1 to 65535"},
        {"port too high", R"("smtp_port": 65536)", 0, 14, "/smtp_port", "from 1 to 65535"},
        {"port as text", R"("smtp_port": "587")", 0, 14, "/smtp_port", "found a string"},
        {"flag as text", R"("smtp_use_tls": "true")", 0, 17, "/smtp_use_tls", "true or false"},
        {"injected name", R"("sender_name": "x\r\nBcc: y@z")", 0, 16, "/sender_name",
         "line breaks"},
        {"injected user", R"("smtp_user": "x\ny")", 0, 14, "/smtp_user", "line breaks"},
        {"NUL in the password", R"("sender_password": "x\u0000y")", 0, 20, "/sender_password",
         "NUL"},
        {"misspelt", R"("smtp_sever": "x")", 0, 1, "/smtp_sever", "\"smtp_server\""},
        {"empty CA", R"("smtp_ca_file": "")", 0, 17, "/smtp_ca_file", "not a path"},
    });
}

TEST(Email, RefusesWrongAddressesEachAtItsPlace) {
    const std::vector<ConfigProblem> errors = bad(R"({"language": "en", "email": {
"smtp_server": "http://mail.example",
"sender_email": "Ana <ana@example>",
"recipient_emails": ["ok@example", "x", 5, "a@b\r\nRCPT", "ñ@example"]}})");
    const char* expected[] = {
        "f:2:16: /email/smtp_server: not a valid host name or address (the port goes into "
        "\"smtp_port\")",
        "f:3:17: /email/sender_email: not an e-mail address: spaces",
        "f:4:36: /email/recipient_emails/1: not an e-mail address: it must hold exactly one \"@\"",
        "f:4:41: /email/recipient_emails/2: wrong type: expected a string, found a number",
        "f:4:44: /email/recipient_emails/3: not an e-mail address: the part after",
        "f:4:59: /email/recipient_emails/4: addresses with letters beyond ASCII",
    };
    ASSERT_EQ(errors.size(), std::size(expected)) << testing::shown(errors);
    for (std::size_t i = 0; i < errors.size(); ++i) {
        const std::string line = format_problem("f", errors[i]);
        EXPECT_EQ(line.substr(0, std::string(expected[i]).size()), expected[i]);
    }
}

TEST(Email, RefusesWrongRecipientLists) {
    const std::string before =
        R"({"language": "en", "email": {"smtp_server": "m", "sender_email": "s@m", )"
        R"("recipient_emails": )";
    for (const auto& [value, says] :
         {std::pair{"[]", "at least one recipient"},
          std::pair{"{}", "expected an address or a list of addresses, found an object"},
          std::pair{"\"\"", "exactly one \"@\""},
          std::pair{"\"a@b, c@d\"", "several addresses are written as a list"}}) {
        const auto errors = bad(before + value + "}}");
        ASSERT_EQ(errors.size(), 1U);
        EXPECT_EQ(errors[0].pointer, "/email/recipient_emails");
        EXPECT_EQ(errors[0].column, before.size() + 1);
        EXPECT_NE(errors[0].message.find(says), std::string::npos) << errors[0].message;
    }
}

TEST(Email, AcceptsIpv6ServersWithAndWithoutBrackets) {
    for (const char* server : {"[::1]", "::1"}) {
        const Config config = good(R"({"email": {"smtp_server": ")" + std::string(server) +
                                   R"(", "sender_email": "s@m", "recipient_emails": "r@m"}})");
        EXPECT_EQ(config.email->server.host, "::1");
    }
}

}  // namespace
}  // namespace vigia
