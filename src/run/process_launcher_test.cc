#include "run/process_launcher.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <future>
#include <string>

namespace tidemark::run {
namespace {

/// Runs `script` by /bin/sh to its end.
class Script {
 public:
  explicit Script(std::string script)
      : launcher_({.program = "/bin/sh", .name = "sh", .environment = {"GREETING=hello"}}),
        job_(launcher_.launch({.name = "script", .command = {"-c", std::move(script)}},
                              [this] { done_.set_value(); })) {}
  RunningJob& job() { return **job_; }
  JobEnd end() {
    done_.get_future().wait();
    return (*job_)->ended().value();
  }

 private:
  std::promise<void> done_;
  ProcessLauncher launcher_;
  Result<std::unique_ptr<RunningJob>> job_;
};

TEST(ProcessLauncher, TellsTheExitCode) {
  EXPECT_EQ(Script("exit 0").end().exit_code, 0);
  EXPECT_EQ(Script("exit 3").end().exit_code, 3);
}

TEST(ProcessLauncher, ReadsTheReasonOfAFailure) {
  EXPECT_EQ(Script(R"(echo '{"message_type":"error","message":"the shop is closed"}'; exit 1)")
                .end()
                .error,
            "the shop is closed");
  EXPECT_EQ(Script(R"(echo '{"message_type":"summary","error":"no"}'; exit 1)").end().error, "no");
  EXPECT_EQ(Script(R"(printf 'no JSON, an error'; exit 1)").end().error, "");
}

TEST(ProcessLauncher, ReadsOutputOfAnyLength) {
  const JobEnd end = Script(R"(head -c 3000000 /dev/zero | tr '\0' x; echo; )"
                            R"(echo '{"message_type":"exit_error","message":"late"}'; exit 1)")
                         .end();
  EXPECT_EQ(end.error, "late");
}

TEST(ProcessLauncher, GivesNoInputTheEnvironmentAndNoOtherDescriptor) {
  EXPECT_EQ(Script("test -z \"$(cat)\" && test $GREETING = hello && test -z \"$HOME\" && "
                   "test ! -e /proc/self/fd/9")
                .end()
                .exit_code,
            0);
}

TEST(ProcessLauncher, TellsTheJobWhoseItIs) {
  const JobEnd end =
      Script("test $TIDEMARK_JOB_OWNER = $PPID && test $PPID = " + std::to_string(::getpid()))
          .end();
  EXPECT_EQ(end.exit_code, 0);
}

TEST(ProcessLauncher, AsksWithSigterm) {
  Script script("trap 'exit 143' TERM; while :; do sleep 0.01; done");
  script.job().ask_to_stop();
  const JobEnd end = script.end();
  // Before the trap is set the signal ends it, which is the same to the scheduler.
  EXPECT_EQ(end.exit_code, 143);
}

TEST(ProcessLauncher, KillsWhatDoesNotListen) {
  Script script("trap '' TERM; while :; do sleep 0.01; done");
  script.job().kill();
  const JobEnd end = script.end();
  EXPECT_EQ(end.exit_code, 128 + SIGKILL);
  EXPECT_EQ(end.error, "ended by signal 9");
}

TEST(ProcessLauncher, SaysWhenThereIsNoProgram) {
  ProcessLauncher launcher({.program = "/no/such/program", .environment = {}});
  std::promise<void> done;
  auto job = launcher.launch({.name = "x"}, [&] { done.set_value(); });
  ASSERT_TRUE(job);
  done.get_future().wait();
  EXPECT_EQ((*job)->ended()->error, "the program could not be executed");
}

}  // namespace
}  // namespace tidemark::run
