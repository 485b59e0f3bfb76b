#pragma once

#include <taskwire/spec.gen.hpp>
#include <taskwire/table.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace taskwire::tools {

// Why and where a task failed: what its copy in the failed queue tells besides the task itself.
struct failure_note {
    std::uint64_t attempt = 1;
    std::string error = {}; // one line
    int exit_status = 0;    // as a shell has it: 128 + the signal's number
    std::string host = {};
    std::uint64_t failed_at_s = 0; // since 1970
    std::string exchange = {};     // where it was published to
    std::string routing_key = {};
    std::string stderr_tail = {};
};

// The copy of a failed task that goes to the failed queue, but for its body.
// Dropped is what would act again or lie about the copy: dead-letter history, delivery counts, CC
// and BCC (they would publish it to others again), the publisher's own header, the expiration, and
// a user_id that is not ours (the broker refuses it). What an earlier failure wrote is replaced,
// but for the time of the first failure and where the task first came from.
// Lifetimes: it owns its bytes; properties() looks at them.
class parked_copy {
  public:
    // `id` is for a task that has no message_id; `login` is the user we publish as.
    parked_copy(const spec::basic::properties& original, const failure_note& note,
                std::string_view id, std::string_view login);

    spec::basic::properties properties() const;

    // For a header that is too large: the copy must go out even so.
    void drop_stderr() { headers_.erase("task-stderr"); }

  private:
    struct texts {
        std::string content_type;
        std::string content_encoding;
        std::string correlation_id;
        std::string reply_to;
        std::string message_id;
        std::string type;
        std::string user_id;
        std::string app_id;
    };

    spec::basic::properties scalars_; // its views are set by properties() alone
    texts texts_;
    table headers_;
};

} // namespace taskwire::tools
