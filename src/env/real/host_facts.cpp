#include "env/real/host_facts.hpp"

#include <array>
#include <string>
#include <sys/utsname.h>
#include <unistd.h>

namespace vigia {

HostFacts read_host_facts() {
    HostFacts facts{"unknown", "unknown", "unknown"};
    // One byte more than gethostname() is told of: a name that does not fit may lack its end.
    std::array<char, 257> name{};
    if (::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0') {
        facts.hostname = name.data();
    }
    utsname system{};
    if (::uname(&system) == 0) {
        facts.system = std::string(system.sysname) + " " + system.release;
        facts.machine = system.machine;
    }
    return facts;
}

}  // namespace vigia
