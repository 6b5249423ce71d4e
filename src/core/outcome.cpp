#include "core/outcome.hpp"

#include "base/assert.hpp"

namespace vigia {

std::string_view to_string(Outcome outcome) {
    switch (outcome) {
        case Outcome::up:
            return "up";
        case Outcome::degraded:
            return "degraded";
        case Outcome::down:
            return "down";
        case Outcome::unknown:
            return "unknown";
    }
    assertion_failed("an Outcome without a name");
}

std::string_view to_string(Health health) {
    switch (health) {
        case Health::pending:
            return "pending";
        case Health::up:
            return "up";
        case Health::degraded:
            return "degraded";
        case Health::down:
            return "down";
    }
    assertion_failed("a Health without a name");
}

}  // namespace vigia
