#include "base/exit_code.h"

#include <gtest/gtest.h>

#include <csignal>

namespace tidemark {
namespace {

TEST(ExitCode, TellsRetryableFromFinal) {
  const Stop stop;
  EXPECT_EQ(exit_code_for(ErrorKind::unreachable, stop), ExitCode::retry_later);
  EXPECT_EQ(exit_code_for(ErrorKind::timeout, stop), ExitCode::retry_later);
  EXPECT_EQ(exit_code_for(ErrorKind::no_space, stop), ExitCode::failed);
  EXPECT_EQ(exit_code_for(ErrorKind::invalid_config, stop), ExitCode::usage);
  EXPECT_EQ(exit_code_for(ErrorKind::locked, stop), ExitCode::locked);
  EXPECT_EQ(exit_code_for(ErrorKind::unauthorized, stop), ExitCode::unauthorized);
}

TEST(ExitCode, ACancelledRunEndsWithTheCodeOfItsSignal) {
  Stop stop;
  EXPECT_EQ(exit_code_for(ErrorKind::cancelled, stop), ExitCode::failed);
  stop.request(SIGTERM);
  EXPECT_EQ(exit_code_for(ErrorKind::cancelled, stop), ExitCode::terminated);
  stop.request(SIGINT);
  EXPECT_EQ(exit_code_for(ErrorKind::cancelled, stop), ExitCode::interrupted);
}

}  // namespace
}  // namespace tidemark
