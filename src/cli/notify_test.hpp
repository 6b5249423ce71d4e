#pragma once

#include "base/i18n.hpp"
#include "cli/terminal.hpp"
#include "core/mail.hpp"
#include "env/env.hpp"

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace vigia {

/// The channels there are; `--channel` names one of them.
bool is_channel(std::string_view name);
/// What is said of another name.
std::string unknown_channel(std::string_view name, const Catalog& catalog);

/// `vigia notify-test`: sends one test message to every recipient, in order, and prints what became
/// of each. Nothing is retried. Without a channel it says so. Returns the exit status: 0 if
/// every message was accepted. `env` and `terminal` outlive it.
boost::asio::awaitable<int> notify_test(Env& env, Terminal& terminal,
                                        std::optional<EmailChannel> email, Language language);

}  // namespace vigia
