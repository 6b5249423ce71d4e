#include "config/addresses.hpp"

#include <gtest/gtest.h>
#include <string>

namespace vigia {
namespace {

TEST(CheckEmail, AcceptsPlainAddresses) {
    for (const char* address :
         {"a@b", "ejemplo@tucorreo.com", "first.last+tag@sub.example.org", "o'brien@example.org",
          "x_y-z@xn--espaa-rta.example", "root@localhost", "a@[192.0.2.1]", "a@[IPv6:2001:db8::1]",
          "a..b@example.org", "!#$%&'*+-/=?^_`{|}~@example.org"}) {
        EXPECT_EQ(check_email(address), EmailFault::none) << address;
    }
    EXPECT_EQ(check_email(std::string(64, 'a') + "@b"), EmailFault::none);
}

TEST(CheckEmail, NamesWhatIsWrong) {
    using std::string_literals::operator""s;
    const std::pair<std::string, EmailFault> rows[] = {
        {"", EmailFault::at_sign},
        {"a", EmailFault::at_sign},
        {"a@b@c", EmailFault::at_sign},
        {"a@b, c@d", EmailFault::at_sign},
        {"@b", EmailFault::local_part},
        {std::string(65, 'a') + "@b", EmailFault::local_part},
        {"a@" + std::string(300, 'b'), EmailFault::local_part},
        {"a@", EmailFault::domain},
        {"a@b c", EmailFault::domain},
        {"a@b\r\nRCPT TO:<c>", EmailFault::domain},
        {"a@b>", EmailFault::domain},
        {"a@.b", EmailFault::domain},
        {"a@b:25", EmailFault::domain},
        {"a@::1", EmailFault::domain},
        {"a@[::1]", EmailFault::domain},
        {"a@[300.0.0.1]", EmailFault::domain},
        {"Ana <a@b>", EmailFault::characters},
        {"a b@c", EmailFault::characters},
        {"a\n@c", EmailFault::characters},
        {"a\0@c"s, EmailFault::characters},
        {"\"a\"@c", EmailFault::characters},
        {"a,b@c", EmailFault::characters},
        {"(x)a@c", EmailFault::characters},
        {"ñ@c", EmailFault::not_ascii},
        {"a@españa.es", EmailFault::not_ascii},
    };
    for (const auto& [address, fault] : rows) {
        EXPECT_EQ(check_email(address), fault) << address;
        EXPECT_FALSE(message_of(fault).empty());
    }
}

TEST(NormalizedEmail, IgnoresTheCaseOfTheDomainOnly) {
    EXPECT_EQ(normalized_email("Ana@Example.ORG"), "Ana@example.org");
}

TEST(ParseListen, KnowsLoopbackWhenItSeesIt) {
    struct Row {
        const char* text;
        const char* host;
        std::uint16_t port;
        bool loopback;
    };
    const Row rows[] = {
        {"127.0.0.1:8080", "127.0.0.1", 8080, true},
        {"127.9.9.9:1", "127.9.9.9", 1, true},
        {"localhost:80", "localhost", 80, true},
        {"[::1]:8080", "::1", 8080, true},
        {"[::ffff:127.0.0.1]:80", "::ffff:127.0.0.1", 80, true},
        {"0.0.0.0:8080", "0.0.0.0", 8080, false},
        {"[::]:0", "::", 0, false},
        {"192.168.1.10:65535", "192.168.1.10", 65535, false},
        {"[fe80::1%eth0]:80", "fe80::1%eth0", 80, false},
    };
    for (const Row& row : rows) {
        const auto listen = parse_listen(row.text);
        ASSERT_TRUE(listen.has_value()) << row.text;
        EXPECT_EQ(listen->host, row.host);
        EXPECT_EQ(listen->port, row.port);
        EXPECT_EQ(listen->loopback, row.loopback) << row.text;
    }
    for (const char* text : {"", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
                             "127.0.0.1:-1", "127.0.0.1:8o", "::1:8080", "[::1]", "[::1]8080",
                             "[127.0.0.1]:80", "example.org:80", "127.0.0.1:80 ", "[::1:80"}) {
        EXPECT_FALSE(parse_listen(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace vigia
