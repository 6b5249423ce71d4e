#pragma once

#include "base/i18n.hpp"
#include "cli/signals.hpp"
#include "env/env.hpp"

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace vigia {

/// Where the demo speaks, beside env.log.
struct DemoRequest {
    Language language = Language::es;
    std::size_t width = 80;  ///< columns of a mail's frame
    /// Prints text in between the log lines.
    std::function<void(std::string_view)> show;
};

/// `vigia demo`: a tour on loopback with websites and a mail server of its own, until the operator
/// stops it. The App, the configuration and the mails are the real ones. Leaves no files. Returns
/// the exit status; throws boost::system::system_error if loopback has no free port. The references
/// outlive it.
boost::asio::awaitable<int> demo(Env& env, OperatorSignals& signals, DemoRequest request);

/// A website of the demo's configuration.
struct DemoWebsite {
    std::string name;
    std::string url;
    int check_interval_s = 10;
};

/// The text of the demo's config.json.
std::string demo_configuration(std::span<const DemoWebsite> websites, std::uint16_t smtp_port,
                               Language language);

}  // namespace vigia
