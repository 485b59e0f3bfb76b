#include <worker/sealed_memfd.hpp>

#include <sys/mman.h>

#include <cerrno>
#include <fcntl.h>

namespace taskwire::tools {

unique_fd make_sealed_memfd(const char* name, std::string_view content) {
    unique_fd file(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file) {
        return {};
    }
    while (!content.empty()) {
        const ssize_t written = ::write(file.get(), content.data(), content.size());
        if (written < 0 && errno != EINTR) {
            return {};
        }
        content.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
    constexpr int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
    if (::lseek(file.get(), 0, SEEK_SET) != 0 || ::fcntl(file.get(), F_ADD_SEALS, seals) != 0) {
        return {};
    }
    return file;
}

} // namespace taskwire::tools
