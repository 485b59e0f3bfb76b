#include <producer/records.hpp>

#include <common/size.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace taskwire::tools {

record_splitter::record_splitter(record_options options) : options_(std::move(options)) {
    if (options_.cut == framing::lines) {
        options_.delimiter.assign(1, '\n'); // GCC 12 at -O3 warns of an assignment
    } else if (options_.cut == framing::null) {
        options_.delimiter.assign(1, '\0');
    }
}

void record_splitter::feed(std::string_view chunk) {
    // Moving what is left only when it is the smaller part keeps the cost linear.
    if (begin_ >= buffer_.size() - begin_) {
        buffer_.erase(0, begin_);
        scanned_ -= begin_;
        begin_ = 0;
    }
    buffer_.append(chunk);
}

std::optional<record> record_splitter::next() {
    while (true) {
        const std::size_t at = options_.cut == framing::whole
                                   ? std::string::npos
                                   : buffer_.find(options_.delimiter, scanned_);
        if (at == std::string::npos) {
            // The delimiter may have begun in the last bytes.
            const std::size_t tail = options_.delimiter.empty() ? 0 : options_.delimiter.size() - 1;
            scanned_ = std::max(begin_, buffer_.size() - std::min(tail, buffer_.size()));
            if (skipping_) {
                // What was looked at is forgotten: a record too large costs no memory.
                begin_ = scanned_;
            } else if (is_hopeless(scanned_ - begin_)) {
                skipping_ = true;
                ++line_;
                return oversized();
            }
            return finished_ ? take_last() : std::nullopt;
        }
        if (std::exchange(skipping_, false)) {
            begin_ = scanned_ = at + options_.delimiter.size();
            continue;
        }
        if (auto found = take(at - begin_, options_.delimiter.size())) {
            return found;
        }
    }
}

// Takes the record of `size` bytes at begin_; nothing if it is an empty one to be skipped.
std::optional<record> record_splitter::take(std::size_t size, std::size_t delimiter_size) {
    std::string_view body(buffer_.data() + begin_, size);
    begin_ += size + delimiter_size;
    scanned_ = begin_;
    if (options_.cut == framing::lines && delimiter_size > 0 && body.ends_with('\r')) {
        body.remove_suffix(1);
    }
    ++line_;
    if (body.empty() && !options_.keep_empty && options_.cut != framing::whole) {
        return std::nullopt;
    }
    if (body.size() > options_.size_max) {
        return oversized();
    }
    return record{.body = body, .number = ++number_, .line = line_};
}

// After the last delimiter nothing is not a record; without any delimiter, the whole input is one.
std::optional<record> record_splitter::take_last() {
    if (std::exchange(ended_, true) || skipping_) {
        return std::nullopt;
    }
    if (buffered() == 0 && options_.cut != framing::whole) {
        return std::nullopt;
    }
    return take(buffered(), 0);
}

record record_splitter::oversized() {
    return record{.body = {}, .number = ++number_, .line = line_, .too_large = true};
}

// True if a record that begins with `held` bytes is too large wherever it may end.
bool record_splitter::is_hopeless(std::uint64_t held) const {
    const std::uint64_t strippable = options_.cut == framing::lines ? 1 : 0; // a \r
    return held > strippable && held - strippable > options_.size_max;
}

std::string describe_too_large(const record& refused, std::uint64_t size_max) {
    return fmt::format("task {} (line {}) is larger than {}", refused.number, refused.line,
                       format_size(size_max));
}

} // namespace taskwire::tools
