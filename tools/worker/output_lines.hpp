#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace taskwire::tools {

// Turns a stream that comes in pieces into whole lines, each with its newline, so that the output
// of many children can be mixed without tearing. A line longer than `line_size_max` comes in
// pieces of that size; a last line without a newline comes without one.
class output_lines {
  public:
    static constexpr std::size_t line_size_max = 64 * std::size_t{1024};

    // Calls sink(std::string_view) for each line that `chunk` completes.
    template <typename Sink>
    void feed(std::string_view chunk, const Sink& sink);

    // Passes on what is left at the end of the stream.
    template <typename Sink>
    void finish(const Sink& sink);

  private:
    std::string partial_; // always shorter than line_size_max
};

template <typename Sink>
void output_lines::feed(std::string_view chunk, const Sink& sink) {
    while (!chunk.empty()) {
        const std::size_t room = line_size_max - partial_.size();
        const std::string_view window = chunk.substr(0, room);
        const std::size_t newline = window.find('\n');
        if (newline == std::string_view::npos && window.size() < room) {
            partial_.append(window);
            return;
        }
        const std::string_view end =
            newline == std::string_view::npos ? window : window.substr(0, newline + 1);
        if (partial_.empty()) {
            sink(end);
        } else {
            partial_.append(end);
            sink(std::string_view(partial_));
            partial_.clear();
        }
        chunk.remove_prefix(end.size());
    }
}

template <typename Sink>
void output_lines::finish(const Sink& sink) {
    if (!partial_.empty()) {
        sink(std::string_view(partial_));
        partial_.clear();
    }
}

} // namespace taskwire::tools
