// The driver that replays recorded inputs through a fuzz target in an ordinary build: every file of
// every directory given. Fails if there is none, so that a lost corpus cannot pass for a good run.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

namespace {

std::vector<char> contents(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// How many files of `directory` were replayed. A crash names its input: it is printed before.
int replay(const std::filesystem::path& directory) {
    int files = 0;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
        if (!entry.is_regular_file()) continue;
        const std::vector<char> bytes = contents(entry.path());
        std::printf("%s\n", entry.path().c_str());
        std::fflush(stdout);
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
        ++files;
    }
    return files;
}

}  // namespace

int main(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const int files = replay(argv[i]);
        std::printf("%s: %d inputs\n", argv[i], files);
        if (files == 0) return 1;
    }
    return argc > 1 ? 0 : 2;
}
