#include "alert/notice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::alert {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr WallTime start{std::chrono::sys_days(std::chrono::year(2026) / 1 / 15)};

class NoticeTest : public ::testing::Test {
 protected:
  static Firing firing(Subject subject, Level level, double value = 60) {
    return {.rule = {.subject = subject, .level = level, .threshold = 50},
            .since = start,
            .figure = {.value = value}};
  }
  /// The kinds of what is told, with the memory kept for the next look.
  std::vector<NoticeKind> tell(const std::vector<Firing>& on, WallTime now) {
    Decision decision = decide(options_, on, figures_, memory_, muted_, now);
    memory_ = std::move(decision.memory);
    notices_ = decision.notices;
    std::vector<NoticeKind> kinds;
    for (const Notice& notice : decision.notices) kinds.push_back(notice.kind);
    return kinds;
  }

  using Kinds = std::vector<NoticeKind>;
  NoticeOptions options_{.levels = {Level::critical, Level::warning, Level::notice}, .repeat = 4h};
  Figures figures_;
  Memory memory_;
  std::set<Subject> muted_;
  std::vector<Notice> notices_;
};

TEST_F(NoticeTest, AnAlertIsToldWhenItBeginsOnceAndWhenItIsOver) {
  const std::vector<Firing> on = {firing(Subject::backlog, Level::warning)};
  EXPECT_EQ(tell(on, start), Kinds{NoticeKind::begun});
  EXPECT_THAT(tell(on, start + 1min), IsEmpty());
  EXPECT_THAT(tell(on, start + 3h), IsEmpty());
  EXPECT_EQ(tell({}, start + 3h + 1min), Kinds{NoticeKind::over});
  EXPECT_THAT(tell({}, start + 4h), IsEmpty());
  EXPECT_TRUE(memory_.empty());
}

TEST_F(NoticeTest, WhatStaysOnIsToldAgainAfterTheRepeatInterval) {
  const std::vector<Firing> on = {firing(Subject::backlog, Level::warning)};
  EXPECT_EQ(tell(on, start), Kinds{NoticeKind::begun});
  EXPECT_EQ(tell(on, start + 4h), Kinds{NoticeKind::still});
  EXPECT_THAT(tell(on, start + 7h), IsEmpty());
  EXPECT_EQ(tell(on, start + 8h), Kinds{NoticeKind::still});
}

TEST_F(NoticeTest, OfOneSubjectOnlyTheStrongestRuleSpeaks) {
  const std::vector<Firing> both = {firing(Subject::success_rate_1h, Level::warning),
                                    firing(Subject::success_rate_1h, Level::critical)};
  EXPECT_EQ(tell({both[0]}, start), Kinds{NoticeKind::begun});
  EXPECT_EQ(tell(both, start + 1min), Kinds{NoticeKind::raised});
  EXPECT_EQ(notices_[0].level, Level::critical);
  EXPECT_EQ(tell({both[0]}, start + 2min), Kinds{NoticeKind::lowered});
  EXPECT_EQ(tell({}, start + 3min), Kinds{NoticeKind::over});
}

TEST_F(NoticeTest, AChannelHearsOnlyItsLevels) {
  options_.levels = {Level::notice};
  EXPECT_THAT(tell({firing(Subject::backlog, Level::warning)}, start), IsEmpty());
  EXPECT_EQ(tell({firing(Subject::success_rate_24h, Level::critical),
                  firing(Subject::success_rate_24h, Level::notice)},
                 start),
            Kinds{NoticeKind::begun});
  EXPECT_EQ(notices_[0].level, Level::notice);
}

TEST_F(NoticeTest, EachFurtherParkedDeliveryIsNewsButNotEachMinute) {
  EXPECT_EQ(tell({firing(Subject::parked_rejected, Level::critical, 1)}, start),
            Kinds{NoticeKind::begun});
  EXPECT_THAT(tell({firing(Subject::parked_rejected, Level::critical, 3)}, start + 1min),
              IsEmpty());
  EXPECT_EQ(tell({firing(Subject::parked_rejected, Level::critical, 3)}, start + 5min),
            Kinds{NoticeKind::grown});
  EXPECT_THAT(tell({firing(Subject::parked_rejected, Level::critical, 2)}, start + 20min),
              IsEmpty());
  // A backlog is not counted one by one.
  EXPECT_EQ(tell({firing(Subject::backlog, Level::warning, 51),
                  firing(Subject::parked_rejected, Level::critical, 2)},
                 start + 21min),
            Kinds{NoticeKind::begun});
  EXPECT_THAT(tell({firing(Subject::backlog, Level::warning, 5000),
                    firing(Subject::parked_rejected, Level::critical, 2)},
                   start + 41min),
              IsEmpty());
}

TEST_F(NoticeTest, WhatWasRepairedAndComesAgainIsNews) {
  const auto parked = [](double number) {
    return std::vector{firing(Subject::parked_rejected, Level::critical, number)};
  };
  EXPECT_EQ(tell(parked(5), start), Kinds{NoticeKind::begun});
  EXPECT_THAT(tell(parked(1), start + 10min), IsEmpty());
  EXPECT_EQ(tell(parked(5), start + 20min), Kinds{NoticeKind::grown});
  EXPECT_THAT(tell(parked(5), start + 30min), IsEmpty());
}

TEST_F(NoticeTest, MutedMeansNothingIsToldUntilItEnds) {
  const std::vector<Firing> on = {firing(Subject::backlog, Level::warning),
                                  firing(Subject::retrying, Level::notice)};
  muted_ = {Subject::backlog};
  EXPECT_EQ(tell(on, start), Kinds{NoticeKind::begun});
  EXPECT_EQ(notices_[0].subject, Subject::retrying);
  muted_ = {};
  EXPECT_EQ(tell(on, start + 1h), Kinds{NoticeKind::begun});
  EXPECT_EQ(notices_[0].subject, Subject::backlog);
  // That it ended while it was muted is told afterwards.
  muted_ = {Subject::backlog};
  EXPECT_EQ(tell({}, start + 2h), Kinds{NoticeKind::over});
  EXPECT_EQ(notices_[0].subject, Subject::retrying);
  muted_ = {};
  EXPECT_EQ(tell({}, start + 3h), Kinds{NoticeKind::over});
  EXPECT_EQ(notices_[0].subject, Subject::backlog);
}

TEST_F(NoticeTest, ALineSaysWhatSinceWhenAndWhere) {
  const Notice notice{.kind = NoticeKind::begun,
                      .subject = Subject::success_rate_1h,
                      .level = Level::critical,
                      .since = start,
                      .figure = {.value = 0.9, .sample = 200, .detail = "tax"},
                      .threshold = 0.95};
  const Message text = line(notice, start + 1min);
  EXPECT_EQ(text.en,
            "[CRITICAL] success rate of the last hour: 90% (below 95%; of 200), since 2026-01-15 "
            "08:00:00 UTC+8: tax");
  EXPECT_EQ(text.zh,
            "【严重】最近 1 小时成功率：90%（低于 95%；样本 200），始于 2026-01-15 08:00:00 "
            "UTC+8：tax");
  const Message over = line({.kind = NoticeKind::over,
                             .subject = Subject::backlog,
                             .level = Level::warning,
                             .since = start,
                             .figure = {.value = 3}},
                            start + 12min);
  EXPECT_EQ(over.en,
            "[OVER] unfinished deliveries: 3 now; was WARNING for 12m, until 2026-01-15 "
            "08:12:00 UTC+8");
  EXPECT_THAT(over.zh, HasSubstr("【恢复】积压的投递：现为 3；此前为警告，历时 12m"));
}

}  // namespace
}  // namespace tidemark::alert
