#pragma once

#include <deque>
#include <string>
#include <string_view>

#include <support/judge.hpp>

namespace taskwire::test {

/// The frames that a client writes, judged as a server would (see client_judge) and kept as text.
class watch {
  public:
    void feed(std::string_view bytes);
    /// The next frame as text; empty when there is none.
    std::string next();
    bool empty() const { return frames_.empty(); }
    /// True when a frame has begun and is not complete.
    bool inside_frame() const { return judge_.inside_frame(); }

  private:
    void note_greeting();

    client_judge judge_;
    bool greeted_ = false;
    std::deque<std::string> frames_;
};

} // namespace taskwire::test
