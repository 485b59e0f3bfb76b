#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace taskwire::tools {

// How a byte stream is cut into tasks.
enum class framing {
    lines,     // at \n or \r\n
    null,      // at NUL
    delimiter, // at a string of the user's
    whole,     // not at all
};

struct record_options {
    framing cut = framing::lines;
    std::string delimiter = {}; // for framing::delimiter; not empty
    bool keep_empty = false;
    std::uint64_t size_max = std::numeric_limits<std::uint64_t>::max();
};

// One task's body as it stood in the input.
struct record {
    std::string_view body = {};
    std::uint64_t number = 0; // of the record, from 1; skipped empty ones do not count
    std::uint64_t line = 0;   // the same, but they do: what an editor shows
    bool too_large = false;   // more than size_max: `body` is empty, the bytes are skipped
};

// Cuts a stream that comes in pieces of any size into records.
// Use: feed() or finish(), then next() until it returns nothing; the last record needs no
// delimiter. It is binary-safe, holds at most one partial record and what was not yet taken, and
// looks at each byte a bounded number of times.
// Lifetimes: a record's body lives until the next call of feed(), finish() or next().
class record_splitter {
  public:
    explicit record_splitter(record_options options);

    void feed(std::string_view chunk);
    void finish() { finished_ = true; }
    std::optional<record> next();

    // Bytes held: stop feeding while it is large and next() still returns records.
    std::size_t buffered() const { return buffer_.size() - begin_; }

  private:
    std::optional<record> take(std::size_t size, std::size_t delimiter_size);
    std::optional<record> take_last();
    record oversized();
    bool is_hopeless(std::uint64_t held) const;

    record_options options_;
    std::string buffer_;
    std::size_t begin_ = 0;   // of the first record not yet taken
    std::size_t scanned_ = 0; // no delimiter begins between begin_ and here
    std::uint64_t number_ = 0;
    std::uint64_t line_ = 0;
    bool finished_ = false;
    bool ended_ = false;    // the last record is out
    bool skipping_ = false; // the rest of a record that is too large
};

// `task 17 (line 17) is larger than 16 MiB`
std::string describe_too_large(const record& refused, std::uint64_t size_max);

} // namespace taskwire::tools
