#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

namespace vigia {

/// The freetds.conf that FreeTDS reads in this process. What it must be told of TLS can be said
/// nowhere else, and the machine's own file must have no say (it might order a dump of everything,
/// passwords included). A file without a name, in memory, which ends with the process however that
/// ends; it is only ever appended to, so that a driver that reads beside a writer finds its section
/// whole. What is written there comes from configurations alone: it grows with those that have been
/// loaded, not with what is asked. FreeTDS finds it by the environment, of which a process has one:
/// hence one such file. Any thread.
class FreetdsFile {
public:
    /// Made at the first call, which sets FREETDSCONF: prepare_environment() in process.hpp makes
    /// it before there are threads.
    static FreetdsFile& of_process();

    FreetdsFile(const FreetdsFile&) = delete;
    FreetdsFile& operator=(const FreetdsFile&) = delete;

    /// The name of a section with these lines, written unless there is one; empty if that is not
    /// possible.
    std::string section(const std::string& lines);

    std::size_t count_sections() const;

private:
    FreetdsFile();

    mutable std::mutex mutex_;
    int file_ = -1;  ///< never closed: drivers may read it to the end of the process
    std::unordered_map<std::string, std::string> names_;  ///< by lines
};

}  // namespace vigia
