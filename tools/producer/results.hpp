#pragma once

#include <producer/options.hpp>
#include <producer/tracker.hpp>

#include <string>
#include <system_error>

// What a run leaves behind: lines on stdout, a file of rejects, an exit status.
namespace taskwire::tools {

// The line of --print for a confirmed task, with its newline; "" for none.
std::string print_line(print_choice choice, const tracked_task& task);

// A task as the same command line would read it again: its body in the input's framing, or the name
// of its file in a line.
std::string frame_again(const tracked_task& task, input_kind input, const record_options& records);

// The file of --rejects.
// Errors: open() throws usage_error; later ones are kept in fault().
class rejects_file {
  public:
    rejects_file() = default;
    rejects_file(const rejects_file&) = delete;
    rejects_file& operator=(const rejects_file&) = delete;
    ~rejects_file();

    // Refuses a file that is also the input.
    void open(const producer_options& options);
    bool is_open() const { return descriptor_ >= 0; }
    void append(const std::string& bytes);
    std::error_code fault() const { return fault_; }

  private:
    int descriptor_ = -1;
    std::error_code fault_;
};

// How a run went, as far as the exit status is concerned.
struct run_end {
    task_counts counts;
    bool input_finished = false;         // all of it was read and handed over
    bool too_many_errors = false;        // --max-errors
    bool output_failed = false;          // stdout or --rejects could not be written
    int second_signal = 0;               // 0 = none
    std::optional<exit_code> fault = {}; // what kept it from working at all
};

int exit_status(const run_end& end);

} // namespace taskwire::tools
