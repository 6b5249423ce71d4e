#include "config/schema.hpp"

#include "tests/unit/config/reading.hpp"

#include <algorithm>
#include <rapidjson/document.h>

namespace vigia {
namespace {

using testing::read;
using testing::shown;

rapidjson::Document parsed_schema() {
    rapidjson::Document schema;
    const std::string_view text = schema_text();
    schema.Parse(text.data(), text.size());
    EXPECT_FALSE(schema.HasParseError());
    return schema;
}

/// The keys that an object may have, those of the definition that it is built on included.
std::vector<std::string> keys_of(const rapidjson::Value& object_schema) {
    std::vector<std::string> keys;
    if (object_schema.HasMember("$ref")) {
        const std::string reference = object_schema["$ref"].GetString();
        const std::string name = reference.substr(std::string("#/$defs/").size());
        const rapidjson::Document schema = parsed_schema();
        keys = keys_of(schema["$defs"][name.c_str()]);
    }
    if (!object_schema.HasMember("properties")) return keys;
    for (const auto& property : object_schema["properties"].GetObject()) {
        keys.emplace_back(property.name.GetString());
    }
    return keys;
}

bool is_closed(const rapidjson::Value& object_schema) {
    for (const char* const word : {"additionalProperties", "unevaluatedProperties"}) {
        if (object_schema.HasMember(word)) return object_schema[word].IsFalse();
    }
    return false;
}

/// The schema and the reader know the same keys of the object that stands between the two parts:
/// each key of the schema is known, and one that the schema lacks is not.
void expect_known(const rapidjson::Value& object_schema, const std::string& before,
                  const std::string& after) {
    ASSERT_TRUE(is_closed(object_schema)) << before;
    for (const std::string& key : keys_of(object_schema)) {
        const auto errors = read(before + "\"" + key + "\": null" + after).errors;
        EXPECT_EQ(shown(errors).find("unknown key"), std::string::npos) << before << key;
    }
    const auto errors = read(before + "\"no such key\": null" + after).errors;
    EXPECT_NE(shown(errors).find("unknown key \"no such key\""), std::string::npos) << before;
}

TEST(Schema, IsOfTheDraftThatTheContractNames) {
    const rapidjson::Document schema = parsed_schema();
    EXPECT_STREQ(schema["$schema"].GetString(), "https://json-schema.org/draft/2020-12/schema");
    EXPECT_TRUE(schema.HasMember("title"));
    EXPECT_TRUE(schema["patternProperties"].HasMember("^[_$]"));
}

TEST(Schema, KnowsTheKeysThatTheReaderKnows) {
    const rapidjson::Document schema = parsed_schema();
    const std::string root = R"({"language": "en", )";
    // "language" itself would be a duplicate in this frame, which is no unknown key either.
    expect_known(schema, root, "}");
    for (const char* section : {"email", "monitor_settings", "logging_settings", "storage",
                                "notifications", "uplink", "health", "web"}) {
        expect_known(schema["properties"][section], root + "\"" + section + "\": {", "}}");
    }
    expect_known(schema["properties"]["web"]["properties"]["tls"], root + R"("web": {"tls": {)",
                 "}}}");
    expect_known(schema["properties"]["storage"]["properties"]["retention"],
                 root + R"("storage": {"retention": {)", "}}}");
    const std::string site = root + R"("websites": {"W": {)";
    const rapidjson::Value& website = schema["$defs"]["website"];
    expect_known(website, site, "}}}");
    expect_known(schema["$defs"]["tls"], site + R"("tls": {)", "}}}}");
    const rapidjson::Value& auth = website["properties"]["auth"];
    expect_known(auth, site + R"("auth": {)", "}}}}");
    expect_known(auth["properties"]["basic"], site + R"("auth": {"basic": {)", "}}}}}");
    // Of the kind that knows every key; "type" itself would be a duplicate.
    const std::string base = root + R"("databases": {"D": {"type": "odbc", )";
    const rapidjson::Value& database = schema["$defs"]["database"]["properties"];
    expect_known(schema["$defs"]["database"], base, "}}}");
    expect_known(database["tls"], base + R"("tls": {)", "}}}}");
    expect_known(database["expect"], base + R"("expect": {)", "}}}}");
}

TEST(Schema, LacksNoKeyOfAMonitor) {
    const rapidjson::Document schema = parsed_schema();
    const std::vector<std::string> website = keys_of(schema["$defs"]["website"]);
    for (const char* key : {"url",
                            "method",
                            "headers",
                            "headers_file",
                            "body",
                            "body_file",
                            "auth",
                            "expected_status",
                            "follow_redirects",
                            "proxy",
                            "proxy_file",
                            "tls",
                            "check_interval",
                            "retry_attempts",
                            "retry_delay",
                            "alert_threshold",
                            "recovery_threshold",
                            "alert_repeat_interval",
                            "timeout",
                            "enabled",
                            "id",
                            "tags",
                            "group",
                            "description"}) {
        EXPECT_NE(std::ranges::find(website, key), website.end()) << key;
    }
}

}  // namespace
}  // namespace vigia
