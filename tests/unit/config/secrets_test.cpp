#include "tests/unit/config/reading.hpp"

namespace vigia {
namespace {

using testing::FakeSources;
using testing::read;
using testing::shown;

constexpr const char* kCanary = "s3cr3t-canary";

/// Every place that can hold a secret, each in a value that is wrong.
std::vector<std::string> wrong_documents() {
    const std::string c = kCanary;
    return {
        R"({"websites": {"a": "https://u:)" + c + R"(@x:99999/"}})",
        R"({"websites": {"a": "https//u:)" + c + R"(@x/"}})",
        R"({"websites": {"a": "https://u:)" + c + R"(%zz@x/"}})",
        R"({"websites": {"a": "https://u:)" + c + R"( @x/"}})",
        R"({"websites": {"a": {"url": "http://x", "body": [")" + c + R"("]}}})",
        R"({"websites": {"a": {"url": "http://x", "headers": {"X": ")" + c + R"(\n"}}}})",
        R"({"websites": {"a": {"url": "http://x", "auth": {"bearer": ")" + c + R"( x"}}}})",
        R"({"websites": {"a": {"url": "http://x", "auth": ")" + c + R"("}}})",
        R"({"websites": {"a": {"url": "http://x", "auth": {"basic": {"user": "a:b", "password":
            ")" +
            c + R"(\n"}}}}})",
        R"({"websites": {"a": {"url": "http://x", "proxy": "ftp://u:)" + c + R"(@p"}}})",
        R"({"email": {"sender_password": ")" + c + R"(", "smtp_server": ")" + c + R"( x"}})",
        R"({"email": {"sender_password": ")" + c + R"(\u0000"}})",
        R"({"email": {"sender_password": )" + c + "}}",
        R"({"email": {"sender_password": ")" + c + "\n",
        R"({"email": {"sender_password": ")" + c,
        R"({"email": {"sender_password": ")" + c + R"(" "x": 1}})",
        R"({"email": {"sender_password": "\)" + c + R"("}})",
        R"({"health": {"ping_url": "https//x/)" + c + R"("}})",
        R"({"health": {"ping_url": "https://u:p@x/)" + c + R"("}})",
        R"({"language": ")" + c + R"(", "logging_settings": {"level": ")" + c +
            R"(", "format": ")" + c + R"("}, "monitor_settings": {"timeout": ")" + c + R"("}})",
    };
}

TEST(Secrets, AreInNoMessage) {
    for (const std::string& text : wrong_documents()) {
        for (const Language language : {Language::es, Language::en}) {
            const ConfigOutcome outcome = read(text, {}, language);
            ASSERT_FALSE(outcome.errors.empty()) << text;
            EXPECT_EQ(shown(outcome.errors).find(kCanary), std::string::npos)
                << shown(outcome.errors);
        }
    }
}

TEST(Secrets, AreInNoMessageWhenTheyComeFromOutside) {
    FakeSources world;
    world.variables = {{"S", std::string(kCanary) + "\n"},
                       {"all_proxy", "ftp://u:s3cr3t-canary@p"}};
    world.files = {{"/s", std::string(kCanary) + "\n\n"}};
    for (const char* text : {
             R"({"websites": {"${UNSET}": "${S}"}, "language": "${S}"})",
             R"({"websites": {"a": {"url": "http://x", "method": "${S}", "headers": {"X": "${S}"},
                 "expected_status": "${S}", "id": "${S}", "timeout": "${S}", "proxy": "${S}",
                 "auth": {"bearer": "${S}"}, "tls": {"server_name": "${S}", "ca_file": "${S}"}}}})",
             R"({"websites": {"a": {"url": "http://x", "auth": {"bearer_file": "/s"},
                 "headers_file": {"X": "/s"}, "proxy_file": "/s", "body_file": "/dir/${S}"}}})",
             R"({"websites": {"a": {"url": "http://x", "proxy": "env", "auth": {"basic":
                 {"user": "${S}", "password_file": "/s"}}}}})",
             R"({"email": {"smtp_server": "${S}", "sender_email": "${S}", "sender_name": "${S}",
                 "recipient_emails": ["${S}"], "smtp_user": "${S}", "smtp_ca_file": "${S}",
                 "sender_password_file": "${S}"}})",
             R"({"web": {"listen": "${S}", "base_path": "${S}"}, "storage": {"path": "${S}"},
                 "logging_settings": {"log_file": "${S}", "level": "${S}"}})",
         }) {
        const ConfigOutcome outcome = read(text, world);
        ASSERT_FALSE(outcome.errors.empty()) << text;
        EXPECT_EQ(shown(outcome.errors).find(kCanary), std::string::npos) << shown(outcome.errors);
    }
}

TEST(Secrets, AreInNoPathThatCannotBeRead) {
    FakeSources world;
    world.variables = {{"S", kCanary}};
    const ConfigOutcome outcome =
        read(R"({"language": "en", "email": {"sender_password_file": "/x/${S}"}})", world);
    EXPECT_EQ(outcome.errors.back().message, "cannot read the file \"/x/${S}\"");
}

}  // namespace
}  // namespace vigia
