#include "config/monitor_id.hpp"

#include <gtest/gtest.h>
#include <set>
#include <string>

namespace vigia {
namespace {

TEST(Slug, StripsAccentsAndJoinsTheRest) {
    const std::pair<const char*, const char*> rows[] = {
        {"Web uno", "web-uno"},
        {"Base de Datos: Facturación (Perú)", "base-de-datos-facturacion-peru"},
        {"  ¡Ñandú & Cía.!  ", "nandu-cia"},
        {"ÀÁÂÃÄÅ àáâãäå ÇçÈÉÊËèéêë", "aaaaaa-aaaaaa-cceeeeeeee"},
        {"ÌÍÎÏìíîï ÒÓÔÕÖØòóôõöø ÙÚÛÜùúûü ÝýÿŸ", "iiiiiiii-oooooooooooo-uuuuuuuu-yyyy"},
        {"Straße ÆæŒœ Þþ Ðð ẞ", "strasse-aeaeoeoe-thth-dd-ss"},
        {"Łódź Żółć Kraków", "lodz-zolc-krakow"},
        {"Český Krumlov, Ťažný", "cesky-krumlov-tazny"},
        {"İstanbul ığş", "istanbul-igs"},
        {"București țară", "bucuresti-tara"},
        {"Hà Nội Đường", "ha-noi-duong"},
        {"Ŋgŋ Ĳĳ Ħħ Ŧŧ ĸ", "nggng-ijij-hh-tt-k"},
        {"cafe\u0301 n\u0303", "cafe-n"},
        {"a_b.c/d", "a-b-c-d"},
        {"---a---b---", "a-b"},
        {"x×y÷z", "x-y-z"},
        {"日本 Tokyo", "tokyo"},
        {"日本", ""},
        {"🔴", ""},
        {"", ""},
        {"2024", "2024"},
        {"a\nb\tc", "a-b-c"},
    };
    for (const auto& [name, slug] : rows) EXPECT_EQ(slug_of(name), slug) << name;
}

TEST(Slug, IsCutAtSixtyFourCharactersAndNeverEndsInADash) {
    EXPECT_EQ(slug_of(std::string(100, 'x')), std::string(64, 'x'));
    EXPECT_EQ(slug_of(std::string(63, 'x') + " y"), std::string(63, 'x'));
    EXPECT_EQ(slug_of(std::string(62, 'x') + " yz"), std::string(62, 'x') + "-y");
    EXPECT_EQ(slug_of(std::string(63, 'x') + "ß"), std::string(63, 'x') + "s");
}

TEST(DefaultId, HasThePrefixOfItsSection) {
    EXPECT_EQ(default_id(MonitorCategory::website, "Web uno"), "site-web-uno");
    EXPECT_EQ(default_id(MonitorCategory::database, "Web uno"), "db-web-uno");
    EXPECT_EQ(default_id(MonitorCategory::service, "Web uno"), "svc-web-uno");
}

TEST(DefaultId, IsTheHashOfANameWithoutLetters) {
    // printf '' | sha256sum; printf '日本' | sha256sum
    EXPECT_EQ(default_id(MonitorCategory::website, ""), "site-e3b0c442");
    EXPECT_EQ(default_id(MonitorCategory::website, "日本"), "site-" + sha256_hex("日本", 8));
    EXPECT_EQ(sha256_hex("abc", 64),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(IsMonitorId, FollowsTheContract) {
    for (const char* id : {"a", "A.b_c-9", "-", "."}) EXPECT_TRUE(is_monitor_id(id)) << id;
    EXPECT_TRUE(is_monitor_id(std::string(64, 'x')));
    EXPECT_FALSE(is_monitor_id(std::string(65, 'x')));
    for (const char* id : {"", "a b", "ñ", "a/b", "a:b", "a\n"})
        EXPECT_FALSE(is_monitor_id(id)) << id;
}

std::vector<std::string> assigned(const std::vector<IdRequest>& requests) {
    std::vector<std::string> out;
    for (const MonitorId& id : assign_ids(requests)) out.push_back(id.str());
    return out;
}

constexpr MonitorCategory kSite = MonitorCategory::website;

TEST(AssignIds, MovesTheLaterOfTwoEqualDefaultsToItsHashedForm) {
    const std::vector<std::string> expected{"site-web-uno",
                                            "site-web-uno-" + sha256_hex("WEB UNO", 4),
                                            "site-web-uno-" + sha256_hex("Web-uno", 4)};
    EXPECT_EQ(assigned({{kSite, "Web uno", ""}, {kSite, "WEB UNO", ""}, {kSite, "Web-uno", ""}}),
              expected);
}

TEST(AssignIds, LetsAnExplicitIdDisplaceADefaultWhereverItStands) {
    const std::string moved = "site-a-" + sha256_hex("A", 4);
    EXPECT_EQ(assigned({{kSite, "A", ""}, {kSite, "B", "site-a"}}),
              (std::vector<std::string>{moved, "site-a"}));
    EXPECT_EQ(assigned({{kSite, "B", "site-a"}, {kSite, "A", ""}}),
              (std::vector<std::string>{"site-a", moved}));
}

TEST(AssignIds, KeepsSectionsApart) {
    EXPECT_EQ(assigned({{kSite, "X", ""}, {MonitorCategory::database, "X", ""}}),
              (std::vector<std::string>{"site-x", "db-x"}));
}

TEST(AssignIds, StaysUniqueWhenHashedFormsMeet) {
    const std::string four = "site-a-" + sha256_hex("A", 4);
    EXPECT_EQ(assigned({{kSite, "1", "site-a"}, {kSite, "2", four}, {kSite, "A", ""}}),
              (std::vector<std::string>{"site-a", four, "site-a-" + sha256_hex("A", 8)}));
    // 3,000 names with the same slug: four digits cannot tell them all apart.
    std::vector<std::string> names;
    for (int i = 0; i < 3000; ++i) {
        std::string name = "x";
        for (int bit = 0; bit < 12; ++bit) name += (i >> bit & 1) != 0 ? "!" : "?";
        names.push_back(name);
    }
    std::vector<IdRequest> requests;
    for (const std::string& name : names) requests.push_back({kSite, name, ""});
    const std::vector<std::string> ids = assigned(requests);
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), names.size());
}

}  // namespace
}  // namespace vigia
