#include "config/monitor_id.hpp"

#include "config/characters.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iterator>
#include <openssl/evp.h>
#include <stdexcept>
#include <unordered_set>

namespace vigia {
namespace {

constexpr std::size_t kLongestId = 64;
constexpr std::size_t kLongestSlug = 64;

/// What is left of the letters of a Unicode block without their accents; ' ' is nothing.
struct LetterRange {
    char32_t first;
    std::string_view letters;
};

constexpr std::array<LetterRange, 6> kLetters{{
    // Latin-1: À to ÿ.
    {0xc0, "aaaaaa ceeeeiiiidnooooo ouuuuy  aaaaaa ceeeeiiiidnooooo ouuuuy y"},
    // Latin Extended-A.
    {0x100,
     "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii  jjkkklllllll"
     "lllnnnnnnn  oooooo  rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"},
    // Latin Extended-B, in part: Vietnamese, Pinyin, Romanian.
    {0x1a0, "oo"},
    {0x1af, "uu"},
    {0x1cd, "aaiioouuuuuuuuuu"},
    {0x218, "sstt"},
}};

/// Letters that become two.
struct Digraph {
    char32_t letter;
    std::string_view text;
};
constexpr std::array<Digraph, 12> kDigraphs{{{0xc6, "ae"},
                                             {0xde, "th"},
                                             {0xdf, "ss"},
                                             {0xe6, "ae"},
                                             {0xfe, "th"},
                                             {0x132, "ij"},
                                             {0x133, "ij"},
                                             {0x14a, "ng"},
                                             {0x14b, "ng"},
                                             {0x152, "oe"},
                                             {0x153, "oe"},
                                             {0x1e9e, "ss"}}};

/// Latin Extended Additional, U+1E00 to U+1EFF: pairs of a capital and a small letter.
constexpr char32_t kAdditional = 0x1e00;
constexpr std::string_view kAdditionalPairs =
    "abbbcdddddeeeeefghhhhhiikkkllllmmmnnnnoooopprrrrsssssttttuuuuuvvwwwwwxxyzzz";

std::string_view additional_letters(char32_t c) {
    // U+1E96 to U+1E9F are singles; from U+1EA0 the Vietnamese letters come in pairs again.
    constexpr std::string_view kSingles = "htwyas    ";
    constexpr std::string_view kVietnamese = "aaaaaaaaaaaaeeeeeeeeiioooooooooooouuuuuuuyyyy   ";
    constexpr char32_t kFirstSingle = 0x1e96;
    constexpr char32_t kFirstVietnamese = 0x1ea0;
    if (c < kFirstSingle) return kAdditionalPairs.substr((c - kAdditional) / 2, 1);
    if (c < kFirstVietnamese) return kSingles.substr(c - kFirstSingle, 1);
    return kVietnamese.substr((c - kFirstVietnamese) / 2, 1);
}

/// Plain letters for a letter beyond ASCII; empty if it is none that is known.
std::string_view plain_letters(char32_t c) {
    for (const Digraph& digraph : kDigraphs) {
        if (digraph.letter == c) return digraph.text;
    }
    std::string_view letter;
    if (c >= kAdditional && c < kAdditional + 0x100) letter = additional_letters(c);
    for (const LetterRange& range : kLetters) {
        if (c >= range.first && c - range.first < range.letters.size()) {
            letter = range.letters.substr(c - range.first, 1);
        }
    }
    return letter == " " ? std::string_view{} : letter;
}

bool is_combining_mark(char32_t c) {
    return c >= 0x300 && c <= 0x36f;
}

/// Takes a code point off the front of `text`, which is well-formed UTF-8.
char32_t take_code_point(std::string_view& text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    char32_t c = length == 1 ? lead : lead & (0x7fU >> length);
    for (std::size_t i = 1; i < std::min(length, text.size()); ++i) {
        c = (c << 6U) | (static_cast<unsigned char>(text[i]) & 0x3fU);
    }
    text.remove_prefix(std::min(length, text.size()));
    return c;
}

std::string_view prefix_of(MonitorCategory category) {
    switch (category) {
        case MonitorCategory::website:
            return "site-";
        case MonitorCategory::database:
            return "db-";
        case MonitorCategory::service:
            return "svc-";
    }
    return {};
}

}  // namespace

bool is_monitor_id(std::string_view text) {
    const auto allowed = [](char c) {
        return is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
    };
    return !text.empty() && text.size() <= kLongestId &&
           std::all_of(text.begin(), text.end(), allowed);
}

std::string slug_of(std::string_view name) {
    std::string slug;
    bool gap = false;
    const auto append = [&slug, &gap](char c) {
        if (gap && !slug.empty()) slug += '-';
        gap = false;
        slug += c;
    };
    while (!name.empty() && slug.size() < kLongestSlug) {
        const char32_t c = take_code_point(name);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            append(static_cast<char>(c));
        } else if (c >= 'A' && c <= 'Z') {
            append(static_cast<char>(c - 'A' + 'a'));
        } else if (is_combining_mark(c)) {
            continue;  // the accent of the letter before it, decomposed
        } else if (const std::string_view letters = plain_letters(c); !letters.empty()) {
            for (const char letter : letters) append(letter);
        } else {
            gap = true;
        }
    }
    if (slug.size() > kLongestSlug) slug.resize(kLongestSlug);
    while (slug.ends_with('-')) slug.pop_back();
    return slug;
}

std::string sha256_hex(std::string_view text, std::size_t digits) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
        throw std::runtime_error("SHA-256 is not available");
    }
    std::string hex;
    for (unsigned i = 0; i < size; ++i) {
        fmt::format_to(std::back_inserter(hex), "{:02x}", digest[i]);
    }
    return hex.substr(0, digits);
}

std::string default_id(MonitorCategory category, std::string_view name) {
    constexpr std::size_t kDigits = 8;
    const std::string slug = slug_of(name);
    return std::string(prefix_of(category)) + (slug.empty() ? sha256_hex(name, kDigits) : slug);
}

std::vector<MonitorId> assign_ids(const std::vector<IdRequest>& requests) {
    constexpr std::size_t kDigits = 4;
    constexpr std::size_t kMostDigits = 64;
    std::unordered_set<std::string> taken;
    taken.reserve(requests.size());
    for (const IdRequest& request : requests) {
        if (!request.explicit_id.empty()) taken.insert(request.explicit_id);
    }
    std::vector<MonitorId> ids;
    ids.reserve(requests.size());
    for (const IdRequest& request : requests) {
        std::string id = request.explicit_id;
        if (id.empty()) {
            const std::string plain = default_id(request.category, request.name);
            id = plain;
            // Among very many equal slugs four digits meet again: then more of them.
            for (std::size_t digits = kDigits; digits <= kMostDigits && taken.contains(id);
                 digits *= 2) {
                id = plain + '-' + sha256_hex(request.name, digits);
            }
            taken.insert(id);
        }
        ids.emplace_back(std::move(id));
    }
    return ids;
}

}  // namespace vigia
