#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

#include <taskwire/endian.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::size_t count = 0;

void run(std::string_view input) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
    ++count;
}

std::string bytes_of(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        std::cerr << "cannot read " << path << '\n';
        std::exit(1);
    }
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// Each input stands behind its length (see pack.py).
void run_pack(std::string_view pack) {
    constexpr std::size_t length_size = 4;
    while (pack.size() >= length_size) {
        const std::size_t size = taskwire::wire::load<std::uint32_t>(pack.data());
        run(pack.substr(length_size, size));
        pack.remove_prefix(length_size + size);
    }
}

} // namespace

/// Runs a target without libFuzzer: its corpus and past crashes in every build.
/// Usage: replay_TARGET PACK [FOLDER]; a folder that does not exist holds no crash yet.
int main(int argc, char** argv) {
    if (argc < 2)
        return 64;
    run("");
    run_pack(bytes_of(argv[1]));
    for (int i = 2; i < argc; ++i)
        if (std::filesystem::is_directory(argv[i]))
            for (const auto& each : std::filesystem::directory_iterator{argv[i]})
                run(bytes_of(each.path()));
    std::cout << count << " inputs replayed\n";
}
