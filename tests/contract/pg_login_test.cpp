// PgClient while it logs in.

#include "env/real/process.hpp"
#include "tests/contract/pg_world.hpp"

#include <gtest/gtest.h>

namespace vigia::test {
namespace {

TEST(PgLogin, WithoutAUserIsThatOfTheProcess) {
    PgWorld world;
    DbTarget target = world.good();
    target.user.clear();
    const DbAnswer answer = world.ask(target);
    EXPECT_EQ(brief(answer), "login login_failed");
    EXPECT_NE(answer.failure->detail.find('"' + account_name() + '"'), std::string::npos)
        << answer.failure->detail;
}

}  // namespace
}  // namespace vigia::test
