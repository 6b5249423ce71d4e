#include "base/i18n.hpp"

#include "base/mo_catalog.hpp"
#include "base/rng.hpp"
#include "tests/unit/base/mo_builder.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vigia {
namespace {

using base_test::MoBuilder;
using std::string_literals::operator""s;

using Found = std::optional<std::string_view>;

/// Looks up in a copy that ends where its allocation ends, so that a sanitizer sees every read
/// beyond it; what is found must lie inside.
void expect_inside(const std::vector<std::byte>& bytes, std::string_view msgid) {
    const auto copy = std::make_unique<std::byte[]>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), copy.get());
    const Found found = find_translation({copy.get(), bytes.size()}, msgid);
    if (!found) return;
    const auto* data = reinterpret_cast<const std::byte*>(found->data());
    ASSERT_GE(data, copy.get());
    ASSERT_LE(data + found->size(), copy.get() + bytes.size());
}

MoBuilder sample(bool big_endian) {
    MoBuilder mo(big_endian);
    mo.add("", "Content-Type: text/plain; charset=UTF-8\n")
        .add("down", "caído")
        .add("one file\0{0} files"s, "un archivo\0{0} archivos"s)
        .add("untranslated", "")
        .add("up", "en línea")
        .add("ñ", "eñe");
    return mo;
}

TEST(MoCatalog, FindsWhatItHoldsInEitherByteOrder) {
    for (const bool big_endian : {false, true}) {
        const std::vector<std::byte> mo = sample(big_endian).build();
        EXPECT_EQ(find_translation(mo, "down"), Found("caído"));
        EXPECT_EQ(find_translation(mo, "up"), Found("en línea"));
        EXPECT_EQ(find_translation(mo, "ñ"), Found("eñe"));
        EXPECT_EQ(find_translation(mo, ""), Found("Content-Type: text/plain; charset=UTF-8\n"));
        EXPECT_EQ(find_translation(mo, "one file"), Found("un archivo"));
        for (const char* missing : {"dow", "downs", "untranslated", "zzz", "\xff", "a"}) {
            EXPECT_EQ(find_translation(mo, missing), std::nullopt) << missing;
        }
    }
}

TEST(MoCatalog, FindsEachOfAThousand) {
    MoBuilder mo;
    for (int i = 0; i < 1000; ++i) mo.add("id " + std::to_string(i), std::to_string(i));
    const std::vector<std::byte> bytes = mo.build();
    for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(find_translation(bytes, "id " + std::to_string(i)), Found(std::to_string(i)));
    }
}

TEST(MoCatalog, RefusesWhatIsNoCatalogue) {
    EXPECT_EQ(find_translation({}, "down"), std::nullopt);
    EXPECT_EQ(find_translation(std::vector<std::byte>(28), "down"), std::nullopt);
    EXPECT_EQ(find_translation(MoBuilder().build(), "down"), std::nullopt);
    EXPECT_EQ(find_translation(sample(false).revision(0x20000).build(), "down"), std::nullopt);
    EXPECT_EQ(find_translation(sample(false).revision(0x10000).build(), "down"), Found("caído"));
}

TEST(MoCatalog, NeverReadsOutsideATruncatedCatalogue) {
    for (const bool big_endian : {false, true}) {
        const std::vector<std::byte> whole = sample(big_endian).build();
        for (std::size_t size = 0; size < whole.size(); ++size) {
            const std::vector<std::byte> cut(whole.begin(),
                                             whole.begin() + static_cast<std::ptrdiff_t>(size));
            for (const char* id : {"", "down", "up", "ñ", "zzz"}) expect_inside(cut, id);
        }
    }
}

TEST(MoCatalog, NeverReadsOutsideACatalogueWithHostileNumbers) {
    const MoBuilder builder = sample(false);
    const std::vector<std::byte> whole = builder.build();
    const std::uint32_t values[] = {0U,
                                    1U,
                                    27U,
                                    0x7fffffffU,
                                    0x80000000U,
                                    0xfffffff8U,
                                    0xffffffffU,
                                    0x20000000U,
                                    0x1fffffffU,
                                    static_cast<std::uint32_t>(whole.size()),
                                    static_cast<std::uint32_t>(whole.size()) - 1};
    for (std::size_t offset = 0; offset + 4 <= whole.size(); ++offset) {
        for (const std::uint32_t value : values) {
            std::vector<std::byte> bytes = whole;
            builder.poke(bytes, offset, value);
            for (const char* id : {"", "down", "up", "zzz"}) expect_inside(bytes, id);
        }
    }
}

TEST(MoCatalog, NeverReadsOutsideRandomBytes) {
    Rng rng(3);
    const std::vector<std::byte> whole = sample(true).build();
    for (int i = 0; i < 20'000; ++i) {
        std::vector<std::byte> bytes = whole;
        for (std::uint64_t n = 1 + rng.below(8); n > 0; --n) {
            bytes[rng.below(bytes.size())] = static_cast<std::byte>(rng.next());
        }
        expect_inside(bytes, "down");
    }
}

TEST(Catalog, SpeaksSpanishFromTheEmbeddedCatalogue) {
    const Catalog spanish(Language::es);
    EXPECT_EQ(spanish.language(), Language::es);
    EXPECT_EQ(spanish.text("connection refused"), "conexión rechazada");
    EXPECT_EQ(spanish.text("the certificate has expired"), "el certificado ha caducado");
    EXPECT_EQ(spanish.text("no such message"), "no such message");
}

TEST(Catalog, SpeaksEnglishWithItsMessageIds) {
    const Catalog english(Language::en);
    EXPECT_EQ(english.language(), Language::en);
    EXPECT_EQ(english.text("connection refused"), "connection refused");
}

TEST(Catalog, NeverShowsItsOwnHeader) {
    EXPECT_EQ(Catalog(Language::es).text(""), "");
    EXPECT_EQ(Catalog(Language::en).text(""), "");
    // It is there: the catalogue is a real one.
    const Found header = find_translation(embedded_catalog(Language::es), "");
    ASSERT_TRUE(header);
    EXPECT_NE(header->find("charset=UTF-8"), std::string_view::npos);
}

TEST(Locale, AsksForEnglishOrSpanishByTheFirstVariableThatIsSet) {
    const struct {
        const char* lc_all;
        const char* lc_messages;
        const char* lang;
        Language language;
    } rows[] = {
        {"", "", "", Language::es},
        {"", "", "en_US.UTF-8", Language::en},
        {"", "", "es_ES.UTF-8", Language::es},
        {"", "en_GB", "es_ES", Language::en},
        {"es", "en_GB", "en_GB", Language::es},
        {"en", "es", "es", Language::en},
        {"C", "en_GB", "en_GB", Language::es},
        {"", "C.UTF-8", "en_GB", Language::es},
        {"", "", "POSIX", Language::es},
        {"", "", "de_DE@euro", Language::es},
        {"", "", "e", Language::es},
        {"", "", "\xff", Language::es},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(language_of_locale(row.lc_all, row.lc_messages, row.lang), row.language)
            << row.lc_all << '|' << row.lc_messages << '|' << row.lang;
    }
}

}  // namespace
}  // namespace vigia
