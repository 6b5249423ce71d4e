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
                return "the store cannot be written";
        }
        return "unknown store error";
    }
};

}  // namespace

boost::system::error_code make_error_code(StoreErrc code) {
    static const StoreCategory category;
    return {static_cast<int>(code), category};
}

}  // namespace vigia
