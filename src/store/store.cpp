#include "store/store.hpp"

#include <string>

namespace vigia {

namespace {

class StoreCategory final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "store"; }
    std::string message(int code) const override {
        switch (static_cast<StoreErrc>(code)) {
            case StoreErrc::unavailable:
                return "the store cannot be read or written";
            case StoreErrc::held:
                return "another instance has the store";
            case StoreErrc::foreign:
                return "the file is no store of vigia";
            case StoreErrc::damaged:
                return "the store is damaged";
            case StoreErrc::newer:
                return "the store was written by a newer version";
            case StoreErrc::older:
                return "the store was written by an older version";
            case StoreErrc::absent:
                return "there is no store";
        }
        return "unknown store error";
    }
};

}  // namespace

boost::system::error_code make_error_code(StoreErrc code) {
    static const StoreCategory category;
    return {static_cast<int>(code), category};
}

boost::asio::awaitable<Result<std::vector<Notification>>> Store::take_retried() {
    co_return std::vector<Notification>();
}

}  // namespace vigia
