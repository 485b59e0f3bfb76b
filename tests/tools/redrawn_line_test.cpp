#include <common/redrawn_line.hpp>

#include <doctest/doctest.h>

#include <unistd.h>

#include <fcntl.h>
#include <string>

using std::chrono::milliseconds;
using taskwire::tools::redrawn_line;

namespace {

// A pipe whose written bytes can be taken out again.
class capture {
  public:
    capture() { REQUIRE(::pipe2(ends_, O_NONBLOCK) == 0); }
    capture(const capture&) = delete;
    capture& operator=(const capture&) = delete;
    ~capture() {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }
    int descriptor() const { return ends_[1]; }
    std::string taken() const {
        char bytes[4096];
        const ssize_t size = ::read(ends_[0], bytes, sizeof bytes);
        return size > 0 ? std::string(bytes, static_cast<std::size_t>(size)) : std::string();
    }

  private:
    int ends_[2] = {-1, -1};
};

const redrawn_line::clock::time_point start{std::chrono::hours(1)};

} // namespace

TEST_CASE("the line is drawn at most ten times a second") {
    const capture out;
    redrawn_line line(out.descriptor(), true);
    line.update("one", start);
    CHECK(out.taken() == "\r\x1b[Kone");
    CHECK_FALSE(line.due(start + milliseconds(99)));
    line.update("two", start + milliseconds(99));
    CHECK(out.taken() == "");
    CHECK(line.due(start + milliseconds(100)));
    line.update("three", start + milliseconds(100));
    CHECK(out.taken() == "\r\x1b[Kthree");
    int drawn = 0;
    for (int ms = 200; ms < 1200; ++ms) {
        line.update("x", start + milliseconds(ms));
        drawn += out.taken().empty() ? 0 : 1;
    }
    CHECK(drawn == 10);
}

TEST_CASE("messages go above the line") {
    const capture out;
    redrawn_line line(out.descriptor(), true);
    line.print("before\n");
    CHECK(out.taken() == "before\n");
    line.update("50%", start);
    out.taken();
    line.print("message\n");
    CHECK(out.taken() == "\r\x1b[Kmessage\n50%");
    line.erase();
    CHECK(out.taken() == "\r\x1b[K");
    line.erase();
    CHECK(out.taken() == "");
    line.print("after\n");
    CHECK(out.taken() == "after\n");
}

TEST_CASE("the line goes away with its object") {
    const capture out;
    {
        redrawn_line line(out.descriptor(), true);
        line.update("50%", start);
        out.taken();
    }
    CHECK(out.taken() == "\r\x1b[K");
}

TEST_CASE("without a terminal only messages are written") {
    const capture out;
    {
        redrawn_line line(out.descriptor(), false);
        CHECK_FALSE(line.enabled());
        CHECK_FALSE(line.due(start));
        line.update("50%", start);
        line.print("message\n");
    }
    CHECK(out.taken() == "message\n");
}
