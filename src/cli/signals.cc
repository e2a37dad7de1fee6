#include "cli/signals.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace tidemark::cli {
namespace {

std::atomic<Stop*> asked_by_signal = nullptr;
static_assert(std::atomic<Stop*>::is_always_lock_free);

/// timeout(1) sends its signal twice, to its child and to the group that the child is in: that is
/// one wish. Nobody presses Ctrl-C twice as fast.
constexpr std::int64_t one_wish_ns = 100'000'000;
std::atomic<std::int64_t> first_signal_ns = 0;
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

std::int64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void on_signal(int signal) {
  Stop* stop = asked_by_signal.load(std::memory_order_relaxed);
  const std::int64_t now = monotonic_ns();
  if (!stop->requested()) {
    first_signal_ns.store(now, std::memory_order_relaxed);
    stop->request(signal);
  } else if (now - first_signal_ns.load(std::memory_order_relaxed) >= one_wish_ns) {
    _exit(128 + signal);
  }
}

}  // namespace

void install_signals(Stop& stop) {
  asked_by_signal.store(&stop, std::memory_order_relaxed);
  struct sigaction action = {};
  sigemptyset(&action.sa_mask);
  // Both signals wait for each other, so that two at once are one first and one second.
  sigaddset(&action.sa_mask, SIGINT);
  sigaddset(&action.sa_mask, SIGTERM);
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction inherited = {};
    sigaction(signal, nullptr, &inherited);
    if (inherited.sa_handler == SIG_IGN) continue;
    action.sa_handler = on_signal;
    sigaction(signal, &action, nullptr);
  }
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
  // Ignored by inheritance, children would end without telling how.
  action.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &action, nullptr);
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));  // The old limit does for fewer groups.
}

void keep_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free number is taken, which is `fd`: those below it are open by now. stdin for
    // writing and the others for reading, so that using them fails.
    const int flags = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    if (open("/dev/null", flags) != fd) _exit(EXIT_FAILURE);  // NOLINT(*-vararg)
  }
}

}  // namespace tidemark::cli
