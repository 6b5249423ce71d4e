#include "core/monitor.hpp"

#include <gtest/gtest.h>

namespace vigia {
namespace {

Target website(std::string url) {
    HttpTarget target;
    target.url = std::move(url);
    return target;
}

TEST(Monitor, NamesItsType) {
    EXPECT_EQ(type_name(website("http://a.example")), "http");
}

TEST(Monitor, HasTheEndpointOfItsUrl) {
    const struct {
        const char* url;
        const char* endpoint;
    } rows[] = {
        {"http://a.example", "a.example:80"},
        {"https://a.example", "a.example:443"},
        {"HTTPS://A.Example/Path?q#f", "a.example:443"},
        {"http://a.example:8080/x:9", "a.example:8080"},
        {"http://a.example:/", "a.example:80"},
        {"https://a.example?x=http://b.example:1/", "a.example:443"},
        {"https://[2001:DB8::1]/", "[2001:db8::1]:443"},
        {"http://[::1]:8080", "[::1]:8080"},
        {"http://user:pass@a.example:81/", "a.example:81"},
        {"http://127.0.0.1:1", "127.0.0.1:1"},
        // No URL at all; only that nothing breaks.
        {"", ":80"},
        {"://", ":80"},
        {"http://", ":80"},
        {"http://:@[", "[:80"},
        {"http://]:", "]:80"},
    };
    for (const auto& row : rows) EXPECT_EQ(endpoint_of(website(row.url)), row.endpoint) << row.url;
}

TEST(Monitor, SharesNoEndpointWithADatabaseAtTheSamePort) {
    DbTarget database;
    database.host = "a.example";
    database.port = 443;
    EXPECT_NE(endpoint_of(database), endpoint_of(website("https://a.example")));
    DbTarget same = database;
    same.host = "A.example";
    same.kind = DbKind::mariadb;
    EXPECT_EQ(endpoint_of(database), endpoint_of(same)) << "one server, whatever it is asked";
}

TEST(Monitor, KeepsItsEndpointBehindAProxy) {
    HttpTarget target;
    target.url = "http://a.example/";
    target.proxy.url = "http://proxy.example:3128";
    EXPECT_EQ(endpoint_of(target), "a.example:80");
}

}  // namespace
}  // namespace vigia
