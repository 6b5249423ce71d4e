#include "probe/hide_secrets.hpp"

#include "base/base64.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace vigia {
namespace {

constexpr std::size_t kShortestSecret = 4;
constexpr std::string_view kMask = "***";

/// Everything secret that a request to `target` carries.
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
    return secrets;
}

std::vector<std::string> secrets_of(const DbTarget& target) {
    std::vector<std::string> secrets;
    const std::string& password = target.password.reveal();
    if (password.size() >= kShortestSecret) secrets.push_back(password.substr(0, kMaxSecret));
    return secrets;
}

/// Bytes at the end of `text` that `secret` begins with.
std::size_t cut_size(std::string_view text, std::string_view secret) {
    for (std::size_t size = std::min(text.size(), secret.size()); size >= kShortestSecret; --size) {
        if (text.ends_with(secret.substr(0, size))) return size;
    }
    return 0;
}

/// An ellipsis at the end stays there.
void mask_cut(std::string& text, const std::vector<std::string>& secrets) {
    constexpr std::string_view kEllipsis = "…";
    const bool marked = text.ends_with(kEllipsis);
    const std::string_view said(text.data(), text.size() - (marked ? kEllipsis.size() : 0));
    std::size_t most = 0;
    for (const std::string& secret : secrets) most = std::max(most, cut_size(said, secret));
    if (most > 0) text.replace(said.size() - most, most, kMask);
}

std::string masked(std::string text, std::vector<std::string> secrets) {
    // Longest first, so that no secret is left over because a part of it was hidden before.
    std::ranges::sort(secrets, std::ranges::greater{}, &std::string::size);
    for (const std::string& secret : secrets) {
        for (std::size_t at = text.find(secret); at != std::string::npos;
             at = text.find(secret, at + kMask.size())) {
            text.replace(at, secret.size(), kMask);
        }
    }
    mask_cut(text, secrets);
    return text;
}

}  // namespace

std::string hide_secrets(std::string text, const HttpTarget& target) {
    return text.empty() ? text : masked(std::move(text), secrets_of(target));
}

std::string hide_secrets(std::string text, const DbTarget& target) {
    return text.empty() ? text : masked(std::move(text), secrets_of(target));
}

std::string hide_cookies(std::string_view headers) {
    std::string kept;
    bool cookie = false;
    while (!headers.empty()) {
        const std::size_t end_of_line = std::min(headers.find('\n'), headers.size() - 1);
        const std::string_view line = headers.substr(0, end_of_line + 1);
        headers.remove_prefix(line.size());
        const bool continued = line.front() == ' ' || line.front() == '\t';
        if (continued && cookie) continue;
        const std::size_t colon = std::min(line.find(':'), line.size());
        std::string name = ascii_lower(line.substr(0, colon));
        name.resize(name.find_last_not_of(" \t\r\n") + 1);
        cookie = name == "set-cookie" || name == "set-cookie2";
        if (!cookie) {
            kept.append(line);
            continue;
        }
        const std::string_view end = line.substr(line.find_last_not_of("\r\n") + 1);
        kept.append(line.substr(0, colon)).append(": ").append(kMask).append(end);
    }
    return kept;
}

}  // namespace vigia
