#include <support/watch.hpp>

#include <support/print.hpp>

namespace taskwire::test {

void watch::feed(std::string_view bytes) {
    judge_.feed(bytes, [this](const frame& each) {
        note_greeting();
        frames_.push_back(text_of(each));
    });
    note_greeting();
}

void watch::note_greeting() {
    if (!greeted_ && judge_.greeted()) {
        greeted_ = true;
        frames_.emplace_back("AMQP 0 0 9 1");
    }
}

std::string watch::next() {
    if (frames_.empty())
        return {};
    auto text = std::move(frames_.front());
    frames_.pop_front();
    return text;
}

} // namespace taskwire::test
