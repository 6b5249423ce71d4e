#include "cli/store_place.hpp"

#include "store/store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vigia {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(StorePlace, IsWhatTheConfigurationSaysBeforeAllElse) {
    const StorePlace place = store_place({"/srv/v.db"}, "/var/lib/vigia", "/etc/vigia");
    EXPECT_EQ(place.path, "/srv/v.db");
    EXPECT_TRUE(place.configured);
}

TEST(StorePlace, IsTheServicesStateDirectoryByDefault) {
    EXPECT_EQ(store_place({}, "/var/lib/vigia", "/etc/vigia").path, "/var/lib/vigia/vigia.db");
    EXPECT_EQ(store_place({}, "/var/lib/a:/var/lib/b", "/etc/vigia").path, "/var/lib/a/vigia.db");
    EXPECT_FALSE(store_place({}, "/var/lib/vigia", "/etc/vigia").configured);
}

TEST(StorePlace, IsBesideTheConfigurationWhereThereIsNone) {
    EXPECT_EQ(store_place({}, "", "/etc/vigia").path, "/etc/vigia/vigia.db");
}

TEST(StoreError, NamesTheFileAndTheCure) {
    const Catalog catalog(Language::en);
    const auto describe = [&](StoreErrc code) {
        return describe_store_error(Error{make_error_code(code), "why\n"}, "/v\n.db", catalog);
    };
    EXPECT_THAT(describe(StoreErrc::held),
                AllOf(HasSubstr("/v\\n.db: another"), HasSubstr("stop")));
    EXPECT_THAT(describe(StoreErrc::foreign), HasSubstr("left as it is"));
    EXPECT_THAT(describe(StoreErrc::damaged), HasSubstr("damaged (why\\n); it is left as it is"));
    EXPECT_THAT(describe(StoreErrc::newer), HasSubstr("run that vigia"));
    EXPECT_THAT(describe(StoreErrc::unavailable),
                HasSubstr("/v\\n.db: the store cannot be opened"));
}

}  // namespace
}  // namespace vigia
