#pragma once

#include <string>
#include <utility>

namespace vigia {

/// A password, token or key. It has no stream operator and no fmt formatter, so it cannot be
/// printed by accident; whoever needs the text calls reveal() where it is handed to a protocol.
/// The bytes are overwritten when it is destroyed. Copies are deep; comparing is for reloads only.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string value) : value_(std::move(value)) {}
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { other.wipe(); }
    Secret& operator=(const Secret& other) {
        if (this != &other) {
            wipe();
            value_ = other.value_;
        }
        return *this;
    }
    Secret& operator=(Secret&& other) noexcept {
        wipe();
        value_ = std::move(other.value_);
        other.wipe();
        return *this;
    }
    ~Secret() { wipe(); }

    const std::string& reveal() const { return value_; }
    bool empty() const { return value_.empty(); }

    friend bool operator==(const Secret&, const Secret&) = default;

private:
    void wipe() noexcept;  // also the small-string buffer

    std::string value_;
};

}  // namespace vigia
