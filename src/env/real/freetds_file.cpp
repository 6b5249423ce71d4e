#include "env/real/freetds_file.hpp"

#include <cstdlib>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

namespace vigia {

FreetdsFile& FreetdsFile::of_process() {
    // Mirrors the environment, of which a process has one. Never destroyed: a driver that hangs may
    // still read the file when the process ends.
    static FreetdsFile* const file = new FreetdsFile;
    return *file;
}

FreetdsFile::FreetdsFile() : file_(::memfd_create("vigia-freetds", MFD_CLOEXEC)) {
    if (file_ < 0) return;
    ::setenv("FREETDSCONF", fmt::format("/proc/self/fd/{}", file_).c_str(), 1);
}

std::string FreetdsFile::section(const std::string& lines) {
    const std::lock_guard lock(mutex_);
    if (file_ < 0) return {};
    const auto known = names_.find(lines);
    if (known != names_.end()) return known->second;
    const std::string name = fmt::format("vigia-{}", names_.size());
    const std::string section = fmt::format("[{}]\n{}", name, lines);
    const ssize_t written = ::write(file_, section.data(), section.size());
    if (written != static_cast<ssize_t>(section.size())) return {};
    names_.emplace(lines, name);
    return name;
}

std::size_t FreetdsFile::count_sections() const {
    const std::lock_guard lock(mutex_);
    return names_.size();
}

}  // namespace vigia
