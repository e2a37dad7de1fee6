#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace tidemark::http::testing {

/// A client that writes what it wants, byte by byte if need be. For tests; waits 10 s at most.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ =
        ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }

  [[nodiscard]] bool connected() const { return connected_; }

  /// False once the other end has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// The next whole response, head and body (of one to HEAD: the head). Empty if none comes.
  [[nodiscard]] std::string response(bool to_head = false) {
    while (true) {
      const std::size_t end = input_.find("\r\n\r\n");
      if (end != std::string::npos) {
        const std::size_t size = end + 4 + (to_head ? 0 : length(input_.substr(0, end + 2)));
        if (input_.size() >= size) {
          std::string whole = input_.substr(0, size);
          input_.erase(0, size);
          return whole;
        }
      }
      if (!receive()) return {};
    }
  }

  /// Everything until the other end closes; `closed` tells whether it did.
  [[nodiscard]] std::string rest() {
    while (receive()) {
    }
    return std::exchange(input_, {});
  }
  [[nodiscard]] bool closed() const { return closed_; }

  /// Breaks the connection off with a reset.
  void reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    fd_.reset();
  }
  void shut_down_sending() { ::shutdown(fd_.get(), SHUT_WR); }

 private:
  [[nodiscard]] static std::size_t length(const std::string& head) {
    constexpr std::string_view name = "\r\nContent-Length: ";
    const std::size_t at = head.find(name);
    if (at == std::string::npos) return 0;
    std::size_t value = 0;
    std::from_chars(head.data() + at + name.size(), head.data() + head.size(), value);
    return value;
  }

  bool receive() {
    pollfd waiting{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, 10'000) != 1) return false;
    char bytes[65536];
    const ssize_t count = ::recv(fd_.get(), bytes, sizeof(bytes), 0);
    if (count <= 0) {
      closed_ = true;
      return false;
    }
    input_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  UniqueFd fd_;
  bool connected_ = false;
  bool closed_ = false;
  std::string input_;
};

}  // namespace tidemark::http::testing
