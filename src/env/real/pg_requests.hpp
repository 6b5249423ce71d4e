#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vigia {

/// A PostgreSQL server's request to authenticate, or what ends the requests.
struct PgRequest {
    std::uint32_t code = 0;
    std::uint64_t rounds = 0;  ///< that a SCRAM challenge demands; 0: not to be understood

    /// The client proves that it knows the password, which costs it `rounds`.
    bool is_challenge() const { return code == kChallenge; }
    /// Kerberos, GSSAPI and SSPI, during which libpq would wait for others.
    bool is_foreign() const;
    /// False for OK, and for the server's own proof before it.
    bool wants_answer() const { return code != kOk && code != kProof; }

    static constexpr std::uint32_t kOk = 0;
    static constexpr std::uint32_t kChallenge = 11;  ///< AuthenticationSASLContinue
    static constexpr std::uint32_t kProof = 12;      ///< AuthenticationSASLFinal
};

/// Puts the requests of a login together, however they are cut into pieces. libpq says in prose
/// only what it was asked for, and answers at once.
class PgRequests {
public:
    /// The requests that `bytes`, behind all earlier ones, complete.
    std::vector<PgRequest> take(std::string_view bytes);

    /// How many there were.
    std::size_t count() const { return count_; }

    /// The server has said OK, or anything else than a request: there are no more of them.
    bool over() const { return over_; }

private:
    std::string bytes_;  // of a request that is not complete
    std::size_t count_ = 0;
    bool over_ = false;
};

}  // namespace vigia
