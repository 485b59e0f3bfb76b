#include <producer/record_count.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <vector>

namespace taskwire::tools {

namespace {

constexpr off_t countable_size = off_t{256} << 20U;
constexpr std::size_t chunk_size = std::size_t{64} * 1024;

} // namespace

std::optional<std::uint64_t> count_records(int descriptor, const record_options& options) {
    struct stat status{};
    if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode))
        return std::nullopt;
    off_t at = ::lseek(descriptor, 0, SEEK_CUR);
    if (at < 0 || status.st_size - at > countable_size)
        return std::nullopt;
    record_splitter splitter(options);
    std::vector<char> chunk(chunk_size);
    std::uint64_t count = 0;
    while (true) {
        const ssize_t got = ::pread(descriptor, chunk.data(), chunk.size(), at);
        if (got < 0)
            return std::nullopt;
        if (got == 0)
            splitter.finish();
        else
            splitter.feed({chunk.data(), static_cast<std::size_t>(got)});
        while (splitter.next())
            ++count;
        if (got == 0)
            return count;
        at += got;
    }
}

} // namespace taskwire::tools
