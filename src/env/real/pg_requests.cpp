#include "env/real/pg_requests.hpp"

#include <charconv>
#include <cstddef>
#include <system_error>

namespace vigia {

namespace {

constexpr std::size_t kTypeSize = 1;
constexpr std::size_t kNumberSize = 4;
constexpr std::size_t kHead = kTypeSize + 2 * kNumberSize;  // with length and code

// Of a length, which counts itself; libpq's own limits.
constexpr std::size_t kShortest = 8;
constexpr std::size_t kLongest = 2000;
constexpr std::uint32_t kCodes = 1000;  // more than there are

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
    std::uint32_t number = 0;
    for (const char c : bytes.substr(at, kNumberSize)) {
        number = number << 8U | static_cast<unsigned char>(c);
    }
    return number;
}

/// RFC 5802 §5.1: "r=…,s=…,i=4096". Digits only: libpq would also take a sign and spaces.
std::uint64_t rounds_of(std::string_view challenge) {
    constexpr std::string_view kKey = ",i=";
    const std::size_t at = challenge.find(kKey);
    if (at == std::string_view::npos) return 0;
    challenge.remove_prefix(at + kKey.size());
    std::uint64_t rounds = 0;
    const auto [end, error] =
        std::from_chars(challenge.data(), challenge.data() + challenge.size(), rounds);
    return error == std::errc::result_out_of_range ? UINT64_MAX : rounds;
}

}  // namespace

bool PgRequest::is_foreign() const {
    switch (code) {
        case 1:  // Kerberos 4
        case 2:  // Kerberos 5
        case 6:  // SCM credentials
        case 7:  // GSSAPI
        case 8:  // … continued
        case 9:  // SSPI
            return true;
        default:
            return false;
    }
}

std::vector<PgRequest> PgRequests::take(std::string_view bytes) {
    std::vector<PgRequest> requests;
    if (!over_) bytes_ += bytes;
    while (!over_ && !bytes_.empty()) {
        over_ = bytes_.front() != 'R';
        if (over_ || bytes_.size() < kHead) break;
        const std::size_t length = number_at(bytes_, kTypeSize);
        over_ = length < kShortest || length > kLongest;
        if (over_ || bytes_.size() < kTypeSize + length) break;
        PgRequest request;
        request.code = number_at(bytes_, kTypeSize + kNumberSize);
        over_ = request.code >= kCodes;
        if (over_) break;
        const std::string_view text(bytes_.data() + kHead, kTypeSize + length - kHead);
        if (request.is_challenge()) request.rounds = rounds_of(text);
        requests.push_back(request);
        ++count_;
        bytes_.erase(0, kTypeSize + length);
        over_ = request.code == PgRequest::kOk;
    }
    if (over_) bytes_.clear();
    return requests;
}

}  // namespace vigia
