#pragma once

#include "cli/terminal.hpp"

namespace vigia {

/// The terminal, pipe or file that this process was started with: descriptors 1 and 2, not owned.
/// SIGPIPE must be ignored.
class StandardTerminal final : public Terminal {
public:
    /// `colours_wanted`: NO_COLOR is not set and TERM is not "dumb".
    explicit StandardTerminal(bool colours_wanted) : colours_wanted_(colours_wanted) {}

    void out(std::string_view text) override;
    void error(std::string_view text) override;

    /// Asks the terminal, since its window may have changed. Without one, 120 columns.
    TerminalShape shape() const override;

    /// True if something for standard output could not be written.
    bool lost_output() const { return lost_output_; }

private:
    bool lost_output_ = false;
    bool colours_wanted_;
};

}  // namespace vigia
