#include "run/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/bytes.h"

namespace tidemark::run {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ProgressSnapshot half_way() {
  return {.records_done = 23'616,
          .records_total = 52'480,
          .groups_done = 7,
          .groups_total = 15,
          .errors = 2,
          .bytes = 49'000'000,
          .running = {"17/CN", "18/德国"}};
}

ProgressView view_of(ProgressSnapshot snapshot) {
  return {.snapshot = std::move(snapshot), .elapsed = 12s, .records_per_second = 1968};
}

TEST(BarLine, EnglishAndChinese) {
  EXPECT_EQ(bar_line(view_of(half_way()), Language::english, 91),
            " 45%|████▌     | 23,616/52,480 [00:12<00:14, 1,968/s] groups 7/15 2 errors · 17/CN, "
            "18/德国");
  EXPECT_EQ(bar_line(view_of(half_way()), Language::chinese, 90),
            " 45%|█████▊       | 23,616/52,480 [00:12<00:14, 1,968/s] 分组 7/15 错误 2 · 17/CN, "
            "18/德国");
}

TEST(BarLine, NeverWiderThanTheTerminal) {
  for (std::size_t columns = 1; columns < 200; ++columns)
    for (const Language language : {Language::english, Language::chinese})
      EXPECT_LE(display_width(bar_line(view_of(half_way()), language, columns)), columns);
}

TEST(BarLine, WithoutATotalThereIsNoPercent) {
  ProgressSnapshot snapshot = half_way();
  snapshot.records_total.reset();
  snapshot.groups_total.reset();
  snapshot.groups_seen = 7;
  snapshot.errors = 1;
  snapshot.running = {"a", "b", "c", "d", "e"};
  EXPECT_EQ(bar_line(view_of(snapshot), Language::english, 80),
            "23,616 [00:12, 1,968/s] groups seen 7 1 error · a, b, c, d, …");
}

TEST(BarLine, APhaseStandsAloneUntilRecordsCome) {
  ProgressSnapshot snapshot;
  snapshot.phase = Message{"counting rows", "统计行数"};
  EXPECT_EQ(bar_line(view_of(snapshot), Language::chinese, 80), "统计行数 [00:12]");
}

TEST(BarLine, ControlCharactersOfANameStayOffTheTerminal) {
  ProgressSnapshot snapshot = half_way();
  snapshot.running = {"\033[2J\r\n"};
  EXPECT_THAT(bar_line(view_of(snapshot), Language::english, 120), HasSubstr("\\x1b[2J\\x0d\\x0a"));
}

TEST(BarLine, MoreThanAllIsAll) {
  const ProgressSnapshot snapshot{.records_done = 11, .records_total = 10};
  EXPECT_THAT(bar_line(view_of(snapshot), Language::english, 60), HasSubstr("100%|"));
  const ProgressSnapshot nothing{.records_total = 0};
  EXPECT_THAT(bar_line(view_of(nothing), Language::english, 60), HasSubstr("100%|"));
}

TEST(StatusLine, EnglishAndChinese) {
  EXPECT_EQ(status_line(view_of(half_way()), Language::english),
            "45%, 23,616/52,480 records, 1,968/s, elapsed 00:12, remaining 00:14, groups 7/15, "
            "errors 2");
  EXPECT_EQ(status_line(view_of(half_way()), Language::chinese),
            "45%，23,616/52,480 条，1,968/s，已用 00:12，剩余 00:14，分组 7/15，错误 2");
}

TEST(StatusJson, CarriesTheDocumentedKeys) {
  EXPECT_EQ(
      status_json(view_of(half_way())),
      R"({"message_type":"status","seconds_elapsed":12,"seconds_remaining":14,)"
      R"("percent_done":0.45,"total_records":52480,"records_done":23616,"total_groups":15,)"
      R"("groups_done":7,"bytes_done":49000000,"error_count":2,"current":["17/CN","18/德国"]})");
}

class Painter : public testing::Test {
 protected:
  ProgressPainter painter(ProgressMode mode) {
    return ProgressPainter({.mode = mode,
                            .write = [this](std::string_view text) { written.emplace_back(text); },
                            .columns = [this] { return columns; }},
                           clock, [this] { return snapshot; });
  }

  ManualClock clock{WallTime{}};
  ProgressSnapshot snapshot{.records_total = 100};
  std::size_t columns = 60;
  std::vector<std::string> written;
};

TEST_F(Painter, DrawsABarAtMostTenTimesASecond) {
  ProgressPainter bar = painter(ProgressMode::bar);
  for (int i = 0; i < 100; ++i) {
    bar.tick();
    clock.advance(10ms);
  }
  EXPECT_EQ(written.size(), 10U);
}

TEST_F(Painter, FollowsTheWidthOfTheWindow) {
  ProgressPainter bar = painter(ProgressMode::bar);
  clock.advance(1s);
  snapshot.records_done = 50;
  bar.tick();
  columns = 50;
  clock.advance(1s);
  bar.tick();
  EXPECT_THAT(written,
              ElementsAre("\r\033[K 50%|█████████████             | 50/100 [00:01<00:01, 50/s]",
                          "\r\033[K 50%|████████        | 50/100 [00:02<00:02, 24/s]"));
}

TEST_F(Painter, WhoWasAskedToStopIsSeenToDoSo) {
  bool stopping = false;
  ProgressPainter bar({.mode = ProgressMode::bar,
                       .write = [this](std::string_view text) { written.emplace_back(text); },
                       .columns = [this] { return columns; },
                       .stopping = [&stopping] { return stopping; }},
                      clock, [this] { return snapshot; });
  snapshot.records_done = 50;
  stopping = true;
  clock.advance(1s);
  bar.tick();
  bar.finish();
  EXPECT_THAT(written.front(), ::testing::HasSubstr("· stopping"));
  EXPECT_THAT(written.at(1), ::testing::Not(::testing::HasSubstr("stopping")));
}

TEST_F(Painter, TheLogTakesTheBarOffAndPutsItBack) {
  ProgressPainter bar = painter(ProgressMode::bar);
  bar.hide();
  EXPECT_THAT(written, IsEmpty());
  bar.tick();
  const std::string drawn = written.back().substr(std::string_view("\r\033[K").size());
  bar.hide();
  bar.show();
  bar.finish();
  bar.hide();
  bar.show();
  ASSERT_EQ(written.size(), 5U);
  EXPECT_EQ(written[1], "\r\033[K");
  EXPECT_EQ(written[2], drawn);
  EXPECT_EQ(written[4], "\n");
}

TEST_F(Painter, WhilePausedTheTerminalBelongsToSomebodyElse) {
  ProgressPainter bar = painter(ProgressMode::bar);
  bar.tick();
  bar.pause(true);
  EXPECT_EQ(written.back(), "\r\033[K");
  clock.advance(1s);
  bar.tick();
  bar.hide();
  bar.show();
  EXPECT_EQ(written.size(), 2U);
  bar.pause(false);
  bar.tick();
  EXPECT_EQ(written.size(), 3U);
}

TEST_F(Painter, WithoutATerminalALineEachInterval) {
  ProgressPainter lines = painter(ProgressMode::lines);
  for (int second = 0; second < 25; ++second) {
    snapshot.records_done = static_cast<std::uint64_t>(second);
    lines.tick();
    clock.advance(1s);
  }
  lines.finish();
  EXPECT_THAT(written, ElementsAre("10%, 10/100 records, 1.00/s, elapsed 00:10, remaining 01:30",
                                   "20%, 20/100 records, 1.00/s, elapsed 00:20, remaining 01:20"));
}

TEST_F(Painter, OffSaysNothing) {
  ProgressPainter off = painter(ProgressMode::off);
  clock.advance(1h);
  off.tick();
  off.finish();
  EXPECT_THAT(written, IsEmpty());
}

TEST(ProgressDisplay, FinishesFromAnyThreadOnce) {
  const SystemClock clock;
  std::string screen;
  ProgressDisplay display(
      {.mode = ProgressMode::bar, .write = [&screen](std::string_view text) { screen += text; }},
      clock, [] { return ProgressSnapshot{.records_done = 3}; });
  display.finish();
  display.finish();
  EXPECT_THAT(screen, testing::StartsWith("\r\033[K3 ["));
  EXPECT_THAT(screen, testing::EndsWith("]\n"));
}

}  // namespace
}  // namespace tidemark::run
