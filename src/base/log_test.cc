#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

namespace tidemark {
namespace {

using testing::internal::CaptureStderr;
using testing::internal::GetCapturedStderr;

class LogTest : public testing::Test {
 protected:
  ~LogTest() override {
    set_log_brackets({}, {});
    configure_log({});
  }
  static std::string written(LogLevel level, std::string_view line) {
    CaptureStderr();
    log_line(level, line);
    return GetCapturedStderr();
  }
};

TEST_F(LogTest, WritesTimeLevelAndMessage) {
  EXPECT_THAT(written(LogLevel::warning, "磁盘快满了"),
              testing::ContainsRegex("^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"
                                     "\\.[0-9]{3} warning 磁盘快满了\n$"));
}

TEST_F(LogTest, WritesJsonLinesWithTheTimeInUtc) {
  configure_log({.format = LogFormat::json});
  EXPECT_THAT(
      written(LogLevel::error, R"(cannot open "C:\temp")"),
      testing::ContainsRegex(
          R"(^\{"time":"[0-9-]{10}T[0-9:]{8}\.[0-9]{3}Z","level":"error","message":"cannot open )"
          R"(\\"C:\\\\temp\\""\})"
          "\n$"));
}

TEST_F(LogTest, KeepsToItsLevel) {
  configure_log({.level = LogLevel::warning});
  EXPECT_EQ(written(LogLevel::info, "quiet"), "");
  EXPECT_NE(written(LogLevel::warning, "loud"), "");
  EXPECT_NE(written(LogLevel::error, "loud"), "");
  EXPECT_FALSE(log_enabled(LogLevel::debug));
  EXPECT_TRUE(log_enabled(LogLevel::error));
}

TEST_F(LogTest, DataCannotForgeALine) {
  const std::string line =
      written(LogLevel::info, "tenant a\n2025-01-01 00:00:00.000 error forged");
  EXPECT_EQ(std::ranges::count(line, '\n'), 1);
  EXPECT_THAT(line, testing::HasSubstr("tenant a\\x0a2025"));
  configure_log({.format = LogFormat::json});
  EXPECT_THAT(written(LogLevel::info, "a\"\n\xff"), testing::HasSubstr(R"("a\"\\x0a\\xff"})"));
}

TEST_F(LogTest, ColoursTheLevelOnlyWhenAsked) {
  EXPECT_THAT(written(LogLevel::error, "x"), testing::Not(testing::HasSubstr("\x1b")));
  configure_log({.colour = true});
  EXPECT_THAT(written(LogLevel::error, "x"), testing::HasSubstr("\x1b[31merror\x1b[0m x\n"));
}

TEST_F(LogTest, CallsTheBracketsAroundEachLine) {
  std::string calls;
  set_log_brackets([&] { calls += '('; }, [&] { calls += ')'; });
  (void)written(LogLevel::info, "a");
  (void)written(LogLevel::debug, "not written");
  (void)written(LogLevel::info, "b");
  EXPECT_EQ(calls, "()()");
}

TEST_F(LogTest, CutsAnEndlessLine) {
  EXPECT_LT(written(LogLevel::info, std::string(1'000'000, 'x')).size(), 20'000U);
}

TEST_F(LogTest, LinesOfThreadsDoNotMix) {
  CaptureStderr();
  {
    std::vector<std::jthread> threads;
    for (char c = 'a'; c < 'e'; ++c) {
      threads.emplace_back([c] {
        for (int i = 0; i < 50; ++i) log_line(LogLevel::info, std::string(200, c));
      });
    }
  }
  const std::string all = GetCapturedStderr();
  std::size_t from = 0, lines = 0;
  for (std::size_t end = all.find('\n'); end != std::string::npos; end = all.find('\n', from)) {
    const std::string line = all.substr(from, end - from);
    EXPECT_EQ(line.substr(line.size() - 200), std::string(200, line.back()));
    from = end + 1;
    ++lines;
  }
  EXPECT_EQ(lines, 200U);
}

}  // namespace
}  // namespace tidemark
