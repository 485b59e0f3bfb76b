#include "emit.hpp"
#include "merge.hpp"
#include "reader.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace taskwire::codegen;

constexpr std::string_view usage =
    "Usage: taskwire-codegen --out DIR FILE...\n"
    "       taskwire-codegen --check DIR FILE...\n"
    "\n"
    "Generates C++ from AMQP specification files: the first FILE is the base, each further one\n"
    "extends what stands before it. The result is constants.gen.hpp, spec.gen.hpp and "
    "spec.gen.cpp.\n"
    "\n"
    "  --out DIR     write the files into DIR\n"
    "  --check DIR   write nothing; say where the files in DIR differ from what would be written\n"
    "  --help        print this text\n"
    "\n"
    "Exit status: 0 done, or no difference; 1 a difference, or an error in a FILE; 2 wrong "
    "usage.\n";

struct arguments {
    bool check = false;
    std::filesystem::path folder;
    std::vector<std::filesystem::path> files;
};

std::string read_all(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        throw std::runtime_error(path.string() + ": cannot be read");
    }
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_all(const std::filesystem::path& path, const std::string& text) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << text;
    out.flush();
    if (!out) {
        throw std::runtime_error(path.string() + ": cannot be written");
    }
}

std::string_view line_at(std::string_view text, std::size_t start) {
    return text.substr(start, text.find('\n', start) - start);
}

/// Prints the first line in which the two texts differ.
void print_difference(const std::filesystem::path& path, std::string_view found,
                      std::string_view expected) {
    const auto common = std::min(found.size(), expected.size());
    std::size_t start = 0;
    int line = 1;
    for (std::size_t i = 0; i < common && found[i] == expected[i]; ++i) {
        if (found[i] == '\n') {
            start = i + 1;
            ++line;
        }
    }
    const auto has = line_at(found, start);
    const auto should = line_at(expected, start);
    std::printf("%s:%d: differs\n  has:      %.*s\n  expected: %.*s\n", path.c_str(), line,
                static_cast<int>(has.size()), has.data(), static_cast<int>(should.size()),
                should.data());
}

int run(const arguments& args) {
    std::vector<spec> files;
    files.reserve(args.files.size());
    for (const auto& file : args.files) {
        files.push_back(read_file(file));
    }
    int status = 0;
    for (const auto& file : emit(merge(files))) {
        const auto path = args.folder / file.name;
        if (!args.check) {
            write_all(path, file.text);
        } else if (const auto found = read_all(path); found != file.text) {
            print_difference(path, found, file.text);
            status = 1;
        }
    }
    if (status != 0) {
        std::puts("Run taskwire-codegen with --out instead of --check to bring them up to date.");
    }
    return status;
}

} // namespace

int main(int argc, char** argv) {
    const std::vector<std::string_view> words(argv + 1, argv + argc);
    if (std::find(words.begin(), words.end(), "--help") != words.end()) {
        std::fputs(usage.data(), stdout);
        return 0;
    }
    if (words.size() < 3 || (words[0] != "--out" && words[0] != "--check")) {
        std::fputs(usage.data(), stderr);
        return 2;
    }
    try {
        return run({.check = words[0] == "--check",
                    .folder = words[1],
                    .files = {words.begin() + 2, words.end()}});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "taskwire-codegen: %s\n", error.what());
        return 1;
    }
}
