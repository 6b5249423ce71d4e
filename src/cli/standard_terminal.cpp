#include "cli/standard_terminal.hpp"

#include <cerrno>
#include <sys/ioctl.h>
#include <unistd.h>

namespace vigia {

namespace {

constexpr std::size_t kUsualWidth = 80;

/// False if some of it is lost. A reader that has left wanted no more: that is no loss.
bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return errno == EPIPE;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace

void StandardTerminal::out(std::string_view text) {
    if (!write_all(STDOUT_FILENO, text)) lost_output_ = true;
}

void StandardTerminal::error(std::string_view text) {
    write_all(STDERR_FILENO, text);
}

TerminalShape StandardTerminal::shape() const {
    TerminalShape shape;
    shape.progress = ::isatty(STDERR_FILENO) == 1;
    if (::isatty(STDOUT_FILENO) != 1) return shape;
    shape.colours = colours_wanted_;
    winsize window{};
    const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0;
    shape.width = known ? window.ws_col : kUsualWidth;
    return shape;
}

}  // namespace vigia
