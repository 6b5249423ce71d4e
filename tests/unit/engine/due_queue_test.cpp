#include "engine/due_queue.hpp"

#include "base/rng.hpp"

#include <gtest/gtest.h>

namespace vigia {
namespace {

using std::chrono::seconds;

TEST(DueQueue, GivesTheEarliestFirstAndEqualOnesByIndex) {
    DueQueue queue;
    Rng rng(3);
    for (std::uint32_t i = 0; i < 500; ++i) {
        queue.push({MonoTime(seconds(rng.below(20))), i, 0});
    }
    ASSERT_EQ(queue.size(), 500U);
    DueQueue::Entry last{MonoTime::min(), 0, 0};
    while (!queue.empty()) {
        const DueQueue::Entry entry = queue.top();
        queue.pop();
        EXPECT_LE(last.due, entry.due);
        if (last.due == entry.due) {
            EXPECT_LT(last.index, entry.index);
        }
        last = entry;
    }
}

TEST(DueQueue, KeepsWhatIsStaleForItsOwnerToTell) {
    DueQueue queue;
    queue.push({MonoTime(seconds(2)), 7, 1});
    queue.push({MonoTime(seconds(1)), 7, 2});
    EXPECT_EQ(queue.top().generation, 2U);
    queue.pop();
    EXPECT_EQ(queue.top().generation, 1U);
}

}  // namespace
}  // namespace vigia
