#pragma once

#include "base/time.hpp"

#include <optional>
#include <string>

namespace vigia {

/// Remembers when name servers last gave a proper answer, and for which name: whether they live is
/// told by another name than the one in doubt.
class AnswerWitness {
public:
    void note(const std::string& name, MonoTime now);

    /// True if `name` was answered at or after `since`, as far as it is among the last two.
    bool answered(const std::string& name, MonoTime since) const;

    /// True if another name than `name` was answered at or after `since`.
    bool answered_others(const std::string& name, MonoTime since) const;

    /// A name to ask whether the servers live, when `silent` brings no answer: the one that they
    /// answered last, or else the root.
    std::string control_for(const std::string& silent) const;

private:
    struct Answer {
        std::string name;
        MonoTime at{};
    };
    const std::optional<Answer>& other_than(const std::string& name) const;

    std::optional<Answer> last_;
    std::optional<Answer> last_other_;  ///< for another name than last_
};

}  // namespace vigia
