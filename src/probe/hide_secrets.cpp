#include "probe/hide_secrets.hpp"

#include <algorithm>
#include <string_view>
#include <variant>
#include <vector>

namespace vigia {
namespace {

constexpr std::size_t kShortestSecret = 4;
constexpr std::string_view kMask = "***";

/// RFC 4648 §4.
std::string base64(std::string_view bytes) {
    static constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto byte = [&](std::size_t k) -> unsigned {
            return i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U;
        };
        const unsigned group = byte(0) << 16U | byte(1) << 8U | byte(2);
        for (std::size_t k = 0; k < 4; ++k) {
            const bool padding = i + k > bytes.size();
            text += padding ? '=' : kAlphabet[(group >> (18U - 6U * k)) & 63U];
        }
    }
    return text;
}

/// Everything secret that a request to `target` carries, longest first, so that no secret is left
/// over because a part of it was hidden before.
std::vector<std::string> secrets_of(const HttpTarget& target) {
    std::vector<std::string> secrets;
    const auto add = [&secrets](const std::string& value) {
        if (value.size() >= kShortestSecret) secrets.push_back(value.substr(0, kMaxSecret));
    };
    for (const RequestHeader& header : target.headers) {
        const std::string& value = header.value.reveal();
        add(value);
        // "Authorization: Scheme TOKEN": the token alone is as secret as the line.
        const std::size_t space = value.find(' ');
        if (space != std::string::npos) add(value.substr(space + 1));
    }
    add(target.body.reveal());
    if (const auto* basic = std::get_if<BasicAuth>(&target.auth)) {
        add(basic->password.reveal());
        if (!basic->password.empty()) add(base64(basic->user + ":" + basic->password.reveal()));
    } else if (const auto* bearer = std::get_if<BearerAuth>(&target.auth)) {
        add(bearer->token.reveal());
    }
    add(target.proxy.password.reveal());
    std::ranges::sort(secrets, std::ranges::greater{}, &std::string::size);
    return secrets;
}

}  // namespace

std::string hide_secrets(std::string text, const HttpTarget& target) {
    if (text.empty()) return text;
    for (const std::string& secret : secrets_of(target)) {
        for (std::size_t at = text.find(secret); at != std::string::npos;
             at = text.find(secret, at + kMask.size())) {
            text.replace(at, secret.size(), kMask);
        }
    }
    return text;
}

}  // namespace vigia
