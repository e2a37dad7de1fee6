#include "relay/new_secret.h"

#include <sys/random.h>

#include <cerrno>

#include "base/base64.h"
#include "base/system_error.h"

namespace tidemark::relay {
namespace {

constexpr std::size_t secret_size = 32;

}  // namespace

Result<std::string> secret_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t got = ::getrandom(bytes.data() + filled, size - filled, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return fail_errno(errno, {"the system has no random bytes", "系统无法提供随机字节"});
    filled += static_cast<std::size_t>(got);
  }
  return bytes;
}

Result<std::string> new_secret() {
  const auto bytes = secret_bytes(secret_size);
  if (!bytes) return bytes;
  return "whsec_" + base64(*bytes);
}

}  // namespace tidemark::relay
