#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

namespace tidemark::http::testing {

/// A receiver that misbehaves as told: `act` gets each connection, on a thread of its own, after
/// the head of a request has come. For tests.
class RawReceiver {
 public:
  class Peer {
   public:
    Peer(int fd, const std::atomic<bool>& stopping) : fd_(fd), stopping_(stopping) {}
    /// False once the other end has closed.
    bool send(std::string_view bytes) {
      while (!bytes.empty()) {
        const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      }
      return true;
    }
    /// The next head with what came behind it; empty when the other end has closed.
    std::string receive() {
      std::string text;
      while (!text.contains("\r\n\r\n") && !stopping_) {
        pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
        if (::poll(&waiting, 1, 10) != 1) continue;
        char bytes[65536];
        const ssize_t count = ::recv(fd_, bytes, sizeof(bytes), 0);
        if (count <= 0) return {};
        text.append(bytes, static_cast<std::size_t>(count));
      }
      return text;
    }
    /// Until the other end closes or the test is over.
    void hold() {
      while (!receive().empty()) {
      }
    }
    void reset() const {
      const linger at_once{.l_onoff = 1, .l_linger = 0};
      ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    }
    [[nodiscard]] bool over() const { return stopping_; }

   private:
    int fd_;
    const std::atomic<bool>& stopping_;
  };

  explicit RawReceiver(std::function<void(Peer&, const std::string& head)> act)
      : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), act_(std::move(act)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ::bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address), size);
    ::listen(listening_.get(), 128);
    ::getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread([this] { accept(); });
  }
  ~RawReceiver() {
    stopping_ = true;
    accepting_.join();
    for (std::thread& thread : threads_) thread.join();
  }
  RawReceiver(const RawReceiver&) = delete;
  RawReceiver& operator=(const RawReceiver&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t connections() const { return connections_; }

 private:
  void accept() {
    while (!stopping_) {
      pollfd waiting{.fd = listening_.get(), .events = POLLIN, .revents = 0};
      if (::poll(&waiting, 1, 10) != 1) continue;
      const int fd = ::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      ++connections_;
      threads_.emplace_back([this, fd] {
        const UniqueFd owned(fd);
        Peer peer(fd, stopping_);
        const std::string head = peer.receive();
        if (!head.empty()) act_(peer, head);
      });
    }
  }

  UniqueFd listening_;
  std::function<void(Peer&, const std::string&)> act_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> connections_{0};
  std::thread accepting_;
  std::vector<std::thread> threads_;
};

}  // namespace tidemark::http::testing
