#pragma once

#include <cstddef>
#include <string_view>

namespace vigia {

/// What the place that a command prints to is like.
struct TerminalShape {
    std::size_t width = 120;  ///< columns of standard output
    bool colours = false;     ///< standard output shows colours, and nobody asked for none
    bool progress = false;    ///< standard error is a terminal: a line may be redrawn there
};

/// Where commands print: standard output and standard error. Text is printed as it is, at once,
/// without a newline of its own; what cannot be written is lost. Outside text has been escaped by
/// the caller. Blocks as long as the reader does, so a running monitor uses its Log instead.
/// One thread.
class Terminal {
public:
    virtual ~Terminal() = default;
    virtual void out(std::string_view text) = 0;
    virtual void error(std::string_view text) = 0;
    virtual TerminalShape shape() const = 0;
};

}  // namespace vigia
