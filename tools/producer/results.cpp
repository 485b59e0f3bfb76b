#include <producer/results.hpp>

#include <common/descriptor.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace taskwire::tools {

std::string print_line(print_choice choice, const tracked_task& task) {
    if (choice == print_choice::none)
        return {};
    if (choice == print_choice::id)
        return task.id + "\n";
    nlohmann::ordered_json line;
    line["task"] = task.number;
    if (task.file.empty())
        line["line"] = task.line;
    else
        line["file"] = task.file;
    line["id"] = task.id;
    line["size"] = task.size;
    // A file's name need not be UTF-8.
    return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string frame_again(const tracked_task& task, input_kind input, const record_options& records) {
    if (input == input_kind::files)
        return task.file + "\n";
    switch (records.cut) {
    case framing::lines:
        return task.body + "\n";
    case framing::null:
        return task.body + std::string(1, '\0');
    case framing::delimiter:
        return task.body + records.delimiter;
    case framing::whole:
        break;
    }
    return task.body;
}

rejects_file::~rejects_file() {
    if (is_open())
        ::close(descriptor_);
}

void rejects_file::open(const producer_options& options) {
    const std::string& path = options.rejects;
    const bool reads_it =
        options.input == input_kind::standard_input
            ? is_same_file(STDIN_FILENO, path)
            : std::find(options.files.begin(), options.files.end(), path) != options.files.end();
    if (reads_it && !is_pollable(STDIN_FILENO))
        throw usage_error(fmt::format("--rejects: {} is the input, too", path));
    descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor_ < 0)
        throw usage_error(fmt::format("--rejects: cannot write {}: {}", path,
                                      std::error_code(errno, std::generic_category()).message()),
                          exit_code::no_input);
}

void rejects_file::append(const std::string& bytes) {
    if (is_open() && !fault_)
        fault_ = write_all(descriptor_, bytes);
}

int exit_status(const run_end& end) {
    if (end.second_signal != 0)
        return exit_by_signal(end.second_signal);
    if (end.fault)
        return to_int(*end.fault);
    if (end.too_many_errors)
        return to_int(exit_code::failed_tasks);
    if (end.counts.unknown > 0 || !end.input_finished)
        return to_int(exit_code::temporary);
    if (end.counts.errors() > 0 || end.output_failed)
        return to_int(exit_code::failed_tasks);
    return to_int(exit_code::ok);
}

} // namespace taskwire::tools
