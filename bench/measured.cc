// measured FILE PROGRAM ARGS…: runs a program and writes into FILE what it took:
// {"seconds": …, "cpu_seconds": …, "peak_kib": …}. Exits as the program did.
//
// A program of its own, because a child's peak memory begins with that of the process that started
// it (getrusage(2): the maximum survives exec); this one is smaller than anything it measures.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace {

int failed(const char* doing) {
  std::fprintf(stderr, "%s: %s\n", doing, std::strerror(errno));
  return 127;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child < 0) return failed("fork");
  if (child == 0) {
    ::execvp(argv[2], argv + 2);
    ::_exit(failed(argv[2]));
  }
  int status = 0;
  rusage usage{};
  while (::wait4(child, &status, 0, &usage) < 0) {
    if (errno != EINTR) return failed("wait4");
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;

  std::FILE* file = std::fopen(argv[1], "w");
  if (file == nullptr) return failed(argv[1]);
  std::fprintf(file, "{\"seconds\": %.6f, \"cpu_seconds\": %.6f, \"peak_kib\": %ld}\n",
               taken.count(), seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss);
  if (std::fclose(file) != 0) return failed(argv[1]);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
