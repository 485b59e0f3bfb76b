#include "child_run.hpp"

#include <producer/message_id.hpp>

#include <asio/posix/stream_descriptor.hpp>
#include <doctest/doctest.h>

#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

using namespace std::string_literals;
using namespace taskwire::tools;
using namespace taskwire::tools::test;

namespace {

// A folder that goes away with what is in it.
class temporary_folder {
  public:
    temporary_folder() { REQUIRE(::mkdtemp(path_.data()) != nullptr); }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() {
        for (const std::string& file : files_) {
            ::unlink(file.c_str());
        }
        ::rmdir(path_.c_str());
    }
    std::string file(const std::string& name, const std::string& content, mode_t mode) {
        const std::string path = path_ + "/" + name;
        std::ofstream(path) << content;
        REQUIRE(::chmod(path.c_str(), mode) == 0);
        files_.push_back(path);
        return path;
    }
    const std::string& path() const { return path_; }

  private:
    std::string path_ = "/tmp/taskwire-child-test-XXXXXX";
    std::vector<std::string> files_;
};

std::string varied_bytes(std::size_t size) {
    std::string bytes(size, '\0');
    unsigned state = 1;
    for (char& byte : bytes) {
        state = state * 1'664'525U + 1'013'904'223U;
        byte = static_cast<char>(state >> 24U);
    }
    return bytes;
}

} // namespace

TEST_CASE("exit codes") {
    for (const int code : {0, 1, 3, 75, 126, 127, 255}) {
        const auto found = run(shell("exit " + std::to_string(code))).result;
        CHECK(found.how == ending::exited);
        CHECK(found.exit_code == code);
        CHECK(found.signal == 0);
        CHECK(found.error == 0);
        CHECK_FALSE(found.output_abandoned);
    }
}

TEST_CASE("a signal") {
    const auto found = run(shell("kill -USR1 $$")).result;
    CHECK(found.how == ending::signaled);
    CHECK(found.signal == SIGUSR1);
    CHECK(found.exit_code == 0);
}

TEST_CASE("a command that cannot be executed is not an exit status") {
    temporary_folder folder;
    const std::string plain = folder.file("plain", "#!/bin/sh\n", 0644);
    const std::string wrong = folder.file("wrong", "#!/no/such/interpreter\n", 0755);
    const std::pair<std::vector<std::string>, int> cases[] = {
        {{"no-such-program-at-all"}, ENOENT},
        {{"/no/such/program"}, ENOENT},
        {{plain + "/below"}, ENOTDIR},
        {{wrong}, ENOENT},
        {{plain}, EACCES},
        {{"/"}, EACCES},
        {{""}, ENOENT},
        {{}, ENOENT},
        {{"true", std::string(200'000, 'x')}, E2BIG},
    };
    for (const auto& [argv, error] : cases) {
        const auto found = run(command(argv)).result;
        CHECK(found.how == ending::could_not_execute);
        CHECK(found.error == error);
        CHECK(found.failed_call == "exec");
        CHECK(is_program_missing(found.error) == (error != E2BIG));
    }
}

TEST_CASE("the command is searched for in the PATH that it gets") {
    temporary_folder folder;
    temporary_folder other;
    folder.file("tool", "#!/bin/sh\necho found $1\n", 0755);
    other.file("tool", "#!/bin/sh\necho found $1\n", 0644);
    child_spec spec = command({"tool", "it"});
    spec.environment = {"PATH=/nowhere:" + other.path() + ":" + folder.path()};
    CHECK(run(spec).out == "found it\n");
    spec.environment = {"PATH=/nowhere:" + other.path()};
    CHECK(run(spec).result.error == EACCES);
    spec.environment = {};
    spec.argv = {"echo", "default path"};
    CHECK(run(spec).out == "default path\n");
}

TEST_CASE("a script without a #! line is run by the shell, as execvp does") {
    temporary_folder folder;
    const std::string script = folder.file("script", "echo \"$1-$2\"\n", 0755);
    CHECK(run(command({script, "a b", "c"})).out == "a b-c\n");
}

TEST_CASE("arguments reach the command without a shell") {
    const auto found = run(command({"printf", "[%s]", "a b", "$HOME", "", "`x`", "*", "'\"\n"}));
    CHECK(found.out == "[a b][$HOME][][`x`][*]['\"\n]");
}

TEST_CASE("the body is on stdin, byte for byte") {
    for (const std::string& body :
         {""s, "one line\n"s, "a\0b\n\xff"s, varied_bytes(1U << 20U), varied_bytes(16U << 20U)}) {
        child_spec spec = command({"sha256sum"});
        spec.body = body;
        CHECK(run(spec).out == sha256_hex(body) + "  -\n");
        spec.argv = {"wc", "-c"};
        CHECK(run(spec).out == std::to_string(body.size()) + "\n");
    }
}

TEST_CASE("the body can be sought, reopened, ignored and not be changed") {
    child_spec spec = shell("head -c 3 >/dev/null; cat; cat /proc/self/fd/0; "
                            "printf x 2>/dev/null >&0 || echo sealed");
    spec.body = "abcdef";
    CHECK(run(spec).out == "defabcdefsealed\n");
    const std::string large(16U << 20U, 'x');
    spec = command({"true"});
    spec.body = large;
    CHECK(run(spec).result.exit_code == 0);
}

TEST_CASE("metadata is on descriptor 3") {
    child_spec spec = shell("cat <&3; cat");
    spec.metadata = R"({"id":"42"})";
    spec.body = "|body";
    CHECK(run(spec).out == R"({"id":"42"}|body)");
}

TEST_CASE("the environment is what is given and no more") {
    child_spec spec = command({"/usr/bin/env"});
    spec.environment = {"B=2", "A=x y", "EMPTY="};
    CHECK(run(spec).out == "B=2\nA=x y\nEMPTY=\n");
}

TEST_CASE("the child leads its own process group") {
    pid_t pid = 0;
    const auto found = run(command({"cut", "-d", " ", "-f", "1,5", "/proc/self/stat"}),
                           [&](const child& running, output_stream, auto) { pid = running.pid(); });
    CHECK(pid > 0);
    CHECK(found.out == std::to_string(pid) + " " + std::to_string(pid) + "\n");
    CHECK(pid != ::getpgrp());
}

TEST_CASE("ignored and blocked signals are not inherited") {
    sigset_t set;
    sigset_t before;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGTERM);
    ::sigaddset(&set, SIGUSR2);
    ::pthread_sigmask(SIG_BLOCK, &set, &before);
    auto* const old_pipe = ::signal(SIGPIPE, SIG_IGN);
    auto* const old_child = ::signal(SIGCHLD, SIG_IGN);
    auto* const old_hup = ::signal(SIGHUP, SIG_IGN);
    const auto found = run(command({"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"}));
    ::signal(SIGPIPE, old_pipe);
    ::signal(SIGCHLD, old_child);
    ::signal(SIGHUP, old_hup);
    sigset_t after;
    ::pthread_sigmask(SIG_SETMASK, &before, &after);
    CHECK(::sigismember(&after, SIGTERM) == 1);
    CHECK(::sigismember(&after, SIGINT) == ::sigismember(&before, SIGINT));
    CHECK(found.out == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    CHECK(found.result.how == ending::exited);
}

TEST_CASE("no other descriptor is inherited, wherever ours lie") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0); // without CLOEXEC
    const int far = ::fcntl(ends[0], F_DUPFD, 200);
    REQUIRE(far >= 200);
    // ls itself opens the folder as 4.
    CHECK(run(command({"ls", "/proc/self/fd"})).out == "0\n1\n2\n3\n4\n");
    // With the low ones free, what the child is to get is opened in each other's places.
    std::array<int, 3> saved{};
    for (int i = 0; i < 3; ++i) {
        saved[static_cast<std::size_t>(i)] = ::fcntl(i, F_DUPFD_CLOEXEC, 300);
        ::close(i);
    }
    child_spec spec = shell("cat; cat <&3; echo err >&2; exit 5");
    spec.body = "body ";
    spec.metadata = "metadata";
    const auto found = run(spec);
    for (int i = 0; i < 3; ++i) {
        ::dup2(saved[static_cast<std::size_t>(i)], i);
        ::close(saved[static_cast<std::size_t>(i)]);
    }
    CHECK(found.out == "body metadata");
    CHECK(found.err == "err\n");
    CHECK(found.result.exit_code == 5);
    for (const int descriptor : {ends[0], ends[1], far}) {
        ::close(descriptor);
    }
}

TEST_CASE("what we are short of is told apart from the command's fault") {
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    asio::io_context context;
    const asio::posix::stream_descriptor opens_the_reactor(context);
    std::vector<child_result> results;
    rlimit none = before;
    none.rlim_cur = 1;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    const child running =
        child::start(context.get_executor(), command({"true"}),
                     [&](const child_result& found) { results.push_back(found); });
    CHECK(results.empty()); // never from within start()
    context.run();
    ::setrlimit(RLIMIT_NOFILE, &before);
    REQUIRE(results.size() == 1);
    CHECK(results[0].how == ending::could_not_start);
    CHECK(results[0].error == EMFILE);
    CHECK(results[0].failed_call == "memfd_create");
    CHECK(running.pid() == 0);
    CHECK_FALSE(running.running());
}

TEST_CASE("time and memory") {
    const auto found = run(shell("sleep 0.2; dd if=/dev/zero of=/dev/null bs=64M count=1")).result;
    CHECK(found.wall_time >= std::chrono::milliseconds(200));
    CHECK(found.wall_time < std::chrono::seconds(20));
    CHECK(found.memory_bytes_max >= 64U << 20U);
    CHECK(found.memory_bytes_max < 256U << 20U);
}
