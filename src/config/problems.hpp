#pragma once

#include "config/config.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vigia {

/// Collects what is wrong with a text, by byte offset, and turns offsets into lines and columns at
/// the end, in one pass. Bounded: what a file of nothing but mistakes produces beyond the bounds is
/// counted only.
class Problems {
public:
    static constexpr std::size_t kMaxProblems = 10'000;
    static constexpr std::size_t kMaxBytes = 8U * 1024U * 1024U;  ///< of pointers and messages

    /// `text` must outlive this.
    explicit Problems(std::string_view text) : text_(text) {}

    void add(std::size_t offset, std::string pointer, std::string message);

    /// True if another one would only be counted: spares building its text.
    bool full() const { return found_.size() >= kMaxProblems || bytes_ >= kMaxBytes; }
    bool empty() const { return found_.empty(); }
    /// How many were not kept.
    std::size_t left_out() const { return left_out_; }

    /// Line of a byte, 1-based. The first call reads the text.
    std::size_t line_of(std::size_t offset);

    /// All of them in the order of their places; those of one place in the order they were added.
    std::vector<ConfigProblem> take();

private:
    struct Found {
        std::size_t offset;
        ConfigProblem problem;
    };

    std::string_view text_;
    std::vector<std::size_t> line_starts_;
    std::vector<Found> found_;
    std::size_t bytes_ = 0;
    std::size_t left_out_ = 0;
};

}  // namespace vigia
