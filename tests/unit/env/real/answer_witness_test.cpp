#include "env/real/answer_witness.hpp"

#include <gtest/gtest.h>

namespace vigia {
namespace {

using std::chrono::seconds;

MonoTime at(int s) {
    return MonoTime(seconds(s));
}

TEST(AnswerWitness, OnlyAnotherNameSpeaksForTheServers) {
    AnswerWitness witness;
    EXPECT_FALSE(witness.answered_others("a", at(0)));
    witness.note("a", at(10));
    EXPECT_FALSE(witness.answered_others("a", at(0)));
    EXPECT_TRUE(witness.answered_others("b", at(10)));
    EXPECT_FALSE(witness.answered_others("b", at(11))) << "too long ago";
    witness.note("b", at(20));
    EXPECT_TRUE(witness.answered_others("a", at(20)));
    EXPECT_TRUE(witness.answered_others("b", at(10))) << "the one before is remembered";
    witness.note("b", at(30));
    EXPECT_FALSE(witness.answered_others("b", at(11)));
}

TEST(AnswerWitness, KnowsWhetherTheNameItselfWasAnswered) {
    AnswerWitness witness;
    witness.note("a", at(10));
    witness.note("b", at(20));
    EXPECT_TRUE(witness.answered("a", at(10)));
    EXPECT_FALSE(witness.answered("a", at(11)));
    EXPECT_TRUE(witness.answered("b", at(20)));
    EXPECT_FALSE(witness.answered("c", at(0)));
}

TEST(AnswerWitness, AsksForTheLastOtherNameOrTheRoot) {
    AnswerWitness witness;
    EXPECT_EQ(witness.control_for("a"), ".");
    witness.note("a", at(10));
    EXPECT_EQ(witness.control_for("a"), ".");
    EXPECT_EQ(witness.control_for("b"), "a");
    witness.note("b", at(20));
    EXPECT_EQ(witness.control_for("b"), "a");
}

}  // namespace
}  // namespace vigia
