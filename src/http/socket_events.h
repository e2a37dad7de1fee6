#pragma once

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <array>
#include <chrono>
#include <span>

#include "base/unique_fd.h"

namespace tidemark::http {

/// The sockets that somebody waits for (epoll), and a bell that another thread can ring. Waiting
/// costs what happens, not what is open. All but ring() on one thread.
class SocketEvents {
 public:
  SocketEvents()
      : poll_(::epoll_create1(EPOLL_CLOEXEC)), bell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (*this) watch(bell_.get(), EPOLLIN);
  }
  /// False when the system had no descriptors left.
  [[nodiscard]] explicit operator bool() const { return poll_ && bell_; }

  /// `events` as EPOLLIN, EPOLLOUT or both; again to change them.
  void watch(int fd, std::uint32_t events) {
    epoll_event event{.events = events, .data = {.fd = fd}};
    if (::epoll_ctl(poll_.get(), EPOLL_CTL_MOD, fd, &event) != 0)
      ::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd, &event);
  }
  void forget(int fd) { ::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

  /// What happened; empty after `timeout` (rounded up), or when only the bell rang.
  [[nodiscard]] std::span<const epoll_event> wait(std::chrono::milliseconds timeout) {
    const int count =
        ::epoll_wait(poll_.get(), happened_.data(), static_cast<int>(happened_.size()),
                     static_cast<int>(timeout.count()));
    std::size_t kept = 0;
    for (int index = 0; index < count; ++index) {
      const epoll_event& event = happened_[static_cast<std::size_t>(index)];
      if (event.data.fd != bell_.get()) {
        happened_[kept++] = event;
        continue;
      }
      std::uint64_t rings = 0;
      static_cast<void>(::read(bell_.get(), &rings, sizeof(rings)));
    }
    return {happened_.data(), kept};
  }

  /// Ends a wait(), or the next one. Thread-safe.
  void ring() {
    const std::uint64_t once = 1;
    static_cast<void>(::write(bell_.get(), &once, sizeof(once)));
  }

 private:
  UniqueFd poll_;
  UniqueFd bell_;
  std::array<epoll_event, 256> happened_{};
};

}  // namespace tidemark::http
