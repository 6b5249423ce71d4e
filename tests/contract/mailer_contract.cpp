// What every Mailer promises, whoever implements it.

#include "tests/contract/mail_world.hpp"
#include "tests/contract/real_mail.hpp"
#include "tests/contract/sim_worlds.hpp"

#include <gtest/gtest.h>

namespace vigia::test {
namespace {

class MailerContract : public ::testing::TestWithParam<MailWorldFactory> {
protected:
    std::unique_ptr<MailWorld> world_ = GetParam().make();
};

TEST_P(MailerContract, AcceptsOnlyWhatTheServerHasTaken) {
    const DeliveryOutcome outcome = world_->send(sample_mail());
    EXPECT_TRUE(outcome.accepted());
    EXPECT_EQ(world_->taken(), 1);
}

TEST_P(MailerContract, TellsFailuresApart) {
    struct Case {
        PostOfficeMood mood;
        DeliveryFailure failure;
        DeliveryPhase phase;
    };
    const Case cases[] = {
        {PostOfficeMood::deferred, DeliveryFailure::deferred, DeliveryPhase::recipient},
        {PostOfficeMood::rejected, DeliveryFailure::rejected_recipient, DeliveryPhase::recipient},
        {PostOfficeMood::refused, DeliveryFailure::unreachable, DeliveryPhase::connect},
        {PostOfficeMood::stalled, DeliveryFailure::timeout, DeliveryPhase::greeting},
        {PostOfficeMood::authentication, DeliveryFailure::authentication, DeliveryPhase::auth},
        {PostOfficeMood::unwilling, DeliveryFailure::server_error, DeliveryPhase::greeting},
        {PostOfficeMood::lost_acknowledgement, DeliveryFailure::unreachable,
         DeliveryPhase::acknowledgement},
    };
    for (const Case& one : cases) {
        auto world = GetParam().make();
        world->set(one.mood);
        const DeliveryOutcome outcome = world->send(sample_mail());
        EXPECT_EQ(outcome.failure, one.failure) << brief(outcome);
        EXPECT_EQ(outcome.phase, one.phase) << brief(outcome);
    }
}

TEST_P(MailerContract, OnlyARefusalOfTheRecipientIsFinal) {
    for (const auto mood : {PostOfficeMood::deferred, PostOfficeMood::refused,
                            PostOfficeMood::stalled, PostOfficeMood::authentication,
                            PostOfficeMood::unwilling, PostOfficeMood::lost_acknowledgement}) {
        auto world = GetParam().make();
        world->set(mood);
        EXPECT_FALSE(world->send(sample_mail()).final_refusal());
    }
    world_->set(PostOfficeMood::rejected);
    EXPECT_TRUE(world_->send(sample_mail()).final_refusal());
}

TEST_P(MailerContract, AFailureIsOverWhenTheTroubleIs) {
    for (const auto mood : {PostOfficeMood::rejected, PostOfficeMood::unwilling,
                            PostOfficeMood::stalled, PostOfficeMood::accepts}) {
        world_->set(mood);
        world_->send(sample_mail());
        world_->set(PostOfficeMood::accepts);
        EXPECT_TRUE(world_->send(sample_mail()).accepted());
    }
    EXPECT_EQ(world_->taken(), 5);
}

INSTANTIATE_TEST_SUITE_P(, MailerContract,
                         ::testing::Values(MailWorldFactory{"libcurl", &make_real_mail_world},
                                           MailWorldFactory{"sim", &make_sim_mail_world}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace vigia::test
