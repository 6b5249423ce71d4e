#pragma once

#include "base/i18n.hpp"
#include "base/result.hpp"
#include "config/config.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vigia {

/// What the process as a whole needs from the system; called by main() before any thread starts,
/// unless said otherwise.

/// The limit on open descriptors.
struct DescriptorLimit {
    std::uint64_t before = 0;  ///< the soft limit the process was started with
    std::uint64_t soft = 0;    ///< the soft limit now: how many descriptors there can be
    std::uint64_t hard = 0;
};

/// Raises the soft limit on descriptors to the hard one. Where that fails, `soft` says what holds.
DescriptorLimit raise_descriptor_limit();

/// No core dumps and no reading of this process's memory by others of the same user: secrets live
/// in it. False if the system refused.
bool forbid_core_dumps();

/// A write to a closed pipe or socket becomes EPIPE, one beyond the limit of a file's size EFBIG,
/// instead of the end of the process.
void ignore_write_signals();

/// 64 bits from the kernel's random source. Throws FatalError if there is none.
std::uint64_t fresh_seed();

/// The whole content of a file, a pipe or a device. Any thread; blocks. The error's code is that
/// of open(2) or read(2), in the generic category, or EFBIG if there is more than `max_bytes`; it
/// has no detail.
Result<std::string> read_file(const std::string& path, std::size_t max_bytes);

/// What an errno value means, in the catalogue's language where it knows the text, else as the
/// system says it. Any thread.
std::string describe_system_error(int error, const Catalog& catalog);

/// Takes every environment variable whose name begins with `prefix` away from the libraries that
/// would let it change what they do (libpq: PG*). environment_variable() still knows it. Before
/// any thread starts.
void hide_environment(std::string_view prefix);

/// hide_environment() of all that the database clients would look at, in place of which FreeTDS
/// finds what we tell it (FreetdsFile). For main(), before anything else. Before any thread starts.
void prepare_environment();

/// An environment variable, or nothing if it is unset. Not beside a setenv().
std::optional<std::string> environment_variable(const std::string& name);

/// The largest file that a configuration may refer to (secrets, certificates, CA bundles).
inline constexpr std::size_t kMaxReferencedFile = std::size_t{4} * 1024 * 1024;

/// The account that this process runs under, "vigia" if it has no name. Any thread; may take its
/// time: it is asked for once.
std::string account_name();

/// Reading a configuration from the real files and environment.
ConfigSources real_sources(std::string base_directory);

}  // namespace vigia
