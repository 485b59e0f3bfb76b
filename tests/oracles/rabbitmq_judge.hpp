#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace taskwire::test {

/// RabbitMQ's Erlang modules in a process of their own, without a broker; see rabbitmq_judge.erl.
///
/// *Errors*: fails the test when the judge cannot be started, dies or does not answer in a minute.
class rabbitmq_judge {
  public:
    /// What it made of one vector: values as text in full, and its own encoding of them.
    struct verdict {
        std::string text;
        std::string bytes;
    };

    rabbitmq_judge();
    ~rabbitmq_judge();
    rabbitmq_judge(const rabbitmq_judge&) = delete;
    rabbitmq_judge& operator=(const rabbitmq_judge&) = delete;

    /// One verdict a vector. A judge takes thousands of vectors a question, and one is cheap too.
    std::vector<verdict> ask(char question, const std::vector<std::string>& vectors);
    verdict ask(char question, const std::string& vector);
    /// Random values and their encodings, of its own making.
    std::vector<verdict> generate(char kind, std::uint64_t seed, std::uint32_t first,
                                  std::uint32_t count);
    /// The names of all methods that it knows.
    std::vector<std::string> method_names();

  private:
    std::vector<verdict> answer_to(const std::string& question);
    void write(std::string_view bytes) const;
    std::string read(std::size_t size) const;
    void await(short what) const;

    int socket_ = -1;
    int process_ = -1;
};

/// The one that all tests of a program share: starting one costs half a second.
rabbitmq_judge& shared_rabbitmq_judge();

} // namespace taskwire::test
