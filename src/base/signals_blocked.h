#pragma once

#include <pthread.h>

#include <csignal>

namespace tidemark {

/// While it lives, this thread takes no signal, and a thread that it starts never will: SIGINT and
/// SIGTERM reach the one that waits for them, and a broken connection is an error, not a SIGPIPE.
/// Signals that a fault raises are left alone.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t blocked;
    ::sigfillset(&blocked);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP})
      ::sigdelset(&blocked, fault);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace tidemark
