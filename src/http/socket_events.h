#pragma once

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "base/unique_fd.h"

namespace tidemark::http {

/// The sockets that somebody waits for (epoll), and a bell that another thread can ring. Waiting
/// costs what happens, not what is open. All but ring() on one thread.
///
/// A connection that is kept is waited for again with the next request on it, so that the system is
/// told of one only when something changes. That needs to know when its descriptor ends: opened()
/// and closed(). Of others the system is told each time.
class SocketEvents {
 public:
  SocketEvents()
      : poll_(::epoll_create1(EPOLL_CLOEXEC)), bell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (*this) watch(bell_.get(), EPOLLIN);
  }
  /// False when the system had no descriptors left.
  [[nodiscard]] explicit operator bool() const { return poll_ && bell_; }

  /// This descriptor is new, and closed() will say when it goes.
  void opened(int fd) { of(fd) = {.ends_are_told = true}; }
  void closed(int fd) { of(fd) = {}; }

  /// `events` as EPOLLIN, EPOLLOUT or both; again to change them.
  void watch(int fd, std::uint32_t events) {
    Interest& interest = of(fd);
    interest.wanted = events;
    if (interest.known == events) return;
    if (interest.ends_are_told) interest.known = events;
    epoll_event event{.events = events, .data = {.fd = fd}};
    if (::epoll_ctl(poll_.get(), EPOLL_CTL_MOD, fd, &event) != 0)
      ::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd, &event);
  }
  void forget(int fd) {
    Interest& interest = of(fd);
    interest.wanted = 0;
    if (!interest.ends_are_told) ::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  }

  /// At once, since this descriptor is about to be closed while another one of the same socket
  /// lives on: the system would go on telling of it.
  void drop(int fd) {
    of(fd) = {.ends_are_told = of(fd).ends_are_told};
    ::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  }

  /// What happened; empty after `timeout` (rounded up), or when only the bell rang.
  [[nodiscard]] std::span<const epoll_event> wait(std::chrono::milliseconds timeout) {
    const int count =
        ::epoll_wait(poll_.get(), happened_.data(), static_cast<int>(happened_.size()),
                     static_cast<int>(timeout.count()));
    std::size_t kept = 0;
    for (int index = 0; index < count; ++index) {
      const epoll_event& event = happened_[static_cast<std::size_t>(index)];
      if (event.data.fd == bell_.get()) {
        std::uint64_t rings = 0;
        static_cast<void>(::read(bell_.get(), &rings, sizeof(rings)));
        continue;
      }
      Interest& interest = of(event.data.fd);
      if (interest.wanted != 0) {
        happened_[kept++] = event;
      } else {  // A kept connection was closed by the other side, say.
        interest.known = 0;
        ::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, event.data.fd, nullptr);
      }
    }
    return {happened_.data(), kept};
  }

  /// Ends a wait(), or the next one. Thread-safe.
  void ring() {
    const std::uint64_t once = 1;
    static_cast<void>(::write(bell_.get(), &once, sizeof(once)));
  }

 private:
  struct Interest {
    std::uint32_t wanted = 0;  ///< 0: nobody waits.
    std::uint32_t known = 0;   ///< What the system was told, if ends_are_told.
    bool ends_are_told = false;
  };

  [[nodiscard]] Interest& of(int fd) {
    const auto index = static_cast<std::size_t>(fd);
    if (interests_.size() <= index) interests_.resize(index + 1);
    return interests_[index];
  }

  UniqueFd poll_;
  UniqueFd bell_;
  std::vector<Interest> interests_;  // By descriptor.
  std::array<epoll_event, 256> happened_{};
};

}  // namespace tidemark::http
