#include "cli/output.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <string>

#include "base/system_error.h"

namespace tidemark::cli {

void Output::write(std::string_view text) {
  const std::scoped_lock lock(mutex_);
  while (!text.empty() && error_ == 0) {
    const ssize_t written = ::write(fd_, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      // Somebody made the shared descriptor non-blocking (Node.js and ssh do).
      pollfd ready{.fd = fd_, .events = POLLOUT, .revents = 0};
      poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
}

void Output::line(std::string_view text) {
  std::string whole;
  whole.reserve(text.size() + 1);
  whole.append(text).push_back('\n');
  write(whole);
}

void Output::json(const nlohmann::ordered_json& object) {
  line(object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

Result<void> Output::failure() const {
  const std::scoped_lock lock(mutex_);
  if (error_ == 0 || error_ == EPIPE) return {};
  return fail_errno(error_, {"cannot write to standard output", "无法写入标准输出"});
}

}  // namespace tidemark::cli
