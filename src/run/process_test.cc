#include "run/process.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tidemark::run {
namespace {

TEST(Process, ThisOneLives) {
  const Process self = this_process();
  EXPECT_EQ(self.pid, getpid());
  EXPECT_GT(self.start, 0);
  EXPECT_FALSE(self.host.empty());
  EXPECT_TRUE(is_alive(self));
}

TEST(Process, ANumberThatWasGivenOutAgainIsDead) {
  Process other = this_process();
  other.start -= 1;
  EXPECT_FALSE(is_alive(other));
}

TEST(Process, AnEndedOneIsDead) {
  Process child = this_process();
  const pid_t pid = fork();
  if (pid == 0) _exit(0);
  waitpid(pid, nullptr, 0);
  child.pid = pid;
  EXPECT_FALSE(is_alive(child));
}

}  // namespace
}  // namespace tidemark::run
