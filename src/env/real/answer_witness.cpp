#include "env/real/answer_witness.hpp"

#include <utility>

namespace vigia {

void AnswerWitness::note(const std::string& name, MonoTime now) {
    if (last_ && last_->name != name) last_other_ = std::move(last_);
    last_ = Answer{name, now};
}

bool AnswerWitness::answered(const std::string& name, MonoTime since) const {
    const auto is_it = [&](const std::optional<Answer>& one) {
        return one && one->name == name && one->at >= since;
    };
    return is_it(last_) || is_it(last_other_);
}

bool AnswerWitness::answered_others(const std::string& name, MonoTime since) const {
    const std::optional<Answer>& other = other_than(name);
    return other && other->at >= since;
}

std::string AnswerWitness::control_for(const std::string& silent) const {
    const std::optional<Answer>& other = other_than(silent);
    return other ? other->name : ".";
}

const std::optional<AnswerWitness::Answer>& AnswerWitness::other_than(
    const std::string& name) const {
    return last_ && last_->name == name ? last_other_ : last_;
}

}  // namespace vigia
