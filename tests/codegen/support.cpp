#include "support.hpp"

#include "merge.hpp"
#include "paths.hpp"
#include "reader.hpp"

#include <array>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace taskwire::codegen::test {

namespace {

spec our_file(const std::string& name) {
    return read_file(std::filesystem::path(paths::proto) / "spec" / name);
}

} // namespace

spec our_base() {
    return merge({our_file("amqp0-9-1.xml")});
}

spec our_whole() {
    return merge({our_file("amqp0-9-1.xml"), our_file("rabbitmq.xml")});
}

spec debian_spec(const std::string& file) {
    const auto path = std::filesystem::path(paths::amqp_specs) / file;
    if (!std::filesystem::exists(path)) {
        FAIL(path.string(), " is missing: install Debian's package amqp-specs (apt-get install "
                            "amqp-specs), or set TASKWIRE_AMQP_SPECS_DIR to where its files are");
    }
    return merge({read_file(path)});
}

std::string amqp(const std::string& elements) {
    return "<amqp major='0' minor='9' revision='1' port='5672'>\n" + elements + "\n</amqp>\n";
}

spec merged(const std::vector<std::string>& texts) {
    constexpr std::array names{"base.xml", "more.xml", "third.xml"};
    std::vector<spec> files;
    for (const auto& text : texts) {
        files.push_back(read_text(text, names.at(files.size())));
    }
    return merge(files);
}

std::string merge_error(const std::vector<std::string>& texts) {
    try {
        static_cast<void>(merged(texts));
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return {};
}

std::string read_all(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        FAIL(path, " cannot be read");
    }
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

} // namespace taskwire::codegen::test
