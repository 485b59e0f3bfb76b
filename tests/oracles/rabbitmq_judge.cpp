#include "rabbitmq_judge.hpp"

#include <doctest/doctest.h>

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include <taskwire/endian.hpp>

namespace taskwire::test {
namespace {

constexpr int answer_ms_max = 60'000;
constexpr std::size_t answer_size_max = std::size_t{1} << 30U;

std::string sized(std::string_view bytes) {
    std::string result(4, '\0');
    wire::store(result.data(), static_cast<std::uint32_t>(bytes.size()));
    return result.append(bytes);
}

std::string take_sized(std::string_view& from) {
    REQUIRE(from.size() >= 4);
    const std::size_t size = wire::load<std::uint32_t>(from.data());
    from.remove_prefix(4);
    REQUIRE(from.size() >= size);
    std::string part{from.substr(0, size)};
    from.remove_prefix(size);
    return part;
}

} // namespace

rabbitmq_judge::rabbitmq_judge() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    process_ = ::fork();
    REQUIRE(process_ >= 0);
    if (process_ == 0) {
        ::dup2(ends[1], 0);
        ::dup2(ends[1], 1);
        ::execl(TASKWIRE_RABBITMQ_JUDGE, TASKWIRE_RABBITMQ_JUDGE, nullptr);
        ::_exit(127);
    }
    ::close(ends[1]);
    socket_ = ends[0];
}

rabbitmq_judge::~rabbitmq_judge() {
    ::close(socket_); // it ends when it reads the end; the signal is for one that hangs
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
}

void rabbitmq_judge::await(short what) const {
    pollfd watched{socket_, what, 0};
    int ready = 0;
    do
        ready = ::poll(&watched, 1, answer_ms_max);
    while (ready < 0 && errno == EINTR);
    REQUIRE_MESSAGE(ready == 1, "the judge is silent");
}

void rabbitmq_judge::write(std::string_view bytes) const {
    while (!bytes.empty()) {
        await(POLLOUT);
        const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        REQUIRE_MESSAGE(count > 0, "the judge has ended; is RabbitMQ installed?");
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

std::string rabbitmq_judge::read(std::size_t size) const {
    std::string bytes(size, '\0');
    for (std::size_t filled = 0; filled < size;) {
        await(POLLIN);
        const auto count = ::recv(socket_, bytes.data() + filled, size - filled, 0);
        if (count < 0 && errno == EINTR)
            continue;
        REQUIRE_MESSAGE(count > 0, "the judge has ended; is RabbitMQ installed?");
        filled += static_cast<std::size_t>(count);
    }
    return bytes;
}

std::vector<rabbitmq_judge::verdict> rabbitmq_judge::answer_to(const std::string& question) {
    write(sized(question));
    const std::size_t size = wire::load<std::uint32_t>(read(4).data());
    REQUIRE(size <= answer_size_max);
    const auto answer = read(size);
    std::vector<verdict> verdicts;
    for (std::string_view rest = answer; !rest.empty();) {
        auto text = take_sized(rest);
        verdicts.push_back({std::move(text), take_sized(rest)});
    }
    return verdicts;
}

std::vector<rabbitmq_judge::verdict> rabbitmq_judge::ask(char question,
                                                         const std::vector<std::string>& vectors) {
    std::string bytes(1, question);
    for (const auto& each : vectors)
        bytes += sized(each);
    auto verdicts = answer_to(bytes);
    REQUIRE(verdicts.size() == vectors.size());
    return verdicts;
}

rabbitmq_judge::verdict rabbitmq_judge::ask(char question, const std::string& vector) {
    return ask(question, std::vector{vector}).front();
}

std::vector<rabbitmq_judge::verdict>
rabbitmq_judge::generate(char kind, std::uint64_t seed, std::uint32_t first, std::uint32_t count) {
    std::string question(18, 'G');
    question[1] = kind;
    char* to = wire::store(question.data() + 2, seed);
    to = wire::store(to, first);
    wire::store(to, count);
    auto verdicts = answer_to(question);
    REQUIRE(verdicts.size() == count);
    return verdicts;
}

std::vector<std::string> rabbitmq_judge::method_names() {
    std::vector<std::string> names;
    for (auto& each : answer_to("L"))
        names.push_back(std::move(each.text));
    return names;
}

rabbitmq_judge& shared_rabbitmq_judge() {
    static rabbitmq_judge judge;
    return judge;
}

} // namespace taskwire::test
