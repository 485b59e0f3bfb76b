#include <worker/launch.hpp>

#include <worker/sealed_memfd.hpp>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace taskwire::tools {

namespace {

bool make_pipe(unique_fd& reader, unique_fd& writer) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        return false;
    }
    reader.reset(ends[0]);
    writer.reset(ends[1]);
    return true;
}

// An ignored SIGCHLD is inherited from some launchers, and the kernel then forgets how a child
// ended.
void stop_ignoring_children() {
    struct sigaction action{};
    if (::sigaction(SIGCHLD, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) {
        action.sa_handler = SIG_DFL;
        ::sigaction(SIGCHLD, &action, nullptr);
    }
}

} // namespace

system_failure launch(const std::vector<std::string>& argv,
                      const std::vector<std::string>& environment, std::string_view body,
                      std::string_view metadata, launched_process& out) {
    stop_ignoring_children();
    unique_fd body_file = make_sealed_memfd("taskwire-body", body);
    if (!body_file) {
        return {errno, "memfd_create"};
    }
    unique_fd metadata_file = make_sealed_memfd("taskwire-metadata", metadata);
    if (!metadata_file) {
        return {errno, "memfd_create"};
    }
    launched_process result;
    unique_fd output_writer;
    unique_fd error_writer;
    if (!make_pipe(result.standard_output, output_writer) ||
        !make_pipe(result.standard_error, error_writer)) {
        return {errno, "pipe"};
    }
    const system_failure failure = spawn(argv, environment,
                                         {std::move(body_file), std::move(output_writer),
                                          std::move(error_writer), std::move(metadata_file)},
                                         result.process);
    if (!failure) {
        out = std::move(result);
    }
    return failure;
}

} // namespace taskwire::tools
