#include "watermark/state_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/temporary_folder.h"

namespace tidemark::watermark {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

CivilTime at(std::string_view text) { return CivilTime::parse(text).value(); }

std::string refusal(std::string_view text) {
  const Result<State> state = parse_state(text);
  if (state) return "accepted";
  EXPECT_EQ(state.error().kind, ErrorKind::corrupt);
  return state.error().what.en;
}

TEST(StateText, TellsEveryTenantApart) {
  State state;
  for (const std::string& tenant :
       {std::string("plain"), std::string(), std::string(" "), std::string("租户"),
        std::string("a|b"), std::string("100%"), std::string("%41"), std::string("#1"),
        std::string("\xEF\xBB\xBFx"), std::string("a\nb\r"), std::string("\0", 1),
        std::string("\xff\x80"), std::string("\x7f")}) {
    state[tenant] = {.mark = at("2025-03-04 05:06:07"), .records = state.size()};
  }
  const std::string text = format_state(state);
  EXPECT_EQ(parse_state(text).value(), state) << text;
  EXPECT_EQ(std::ranges::count(text, '\n'), static_cast<std::ptrdiff_t>(state.size()));
}

TEST(StateText, TakesWhatEditorsDo) {
  const std::string text =
      "\xEF\xBB\xBF# by hand\r\n\r\n  \t\nt1|2025-03-04 05:06:07|12|SUCCESS\r\n"
      "t2|1970-01-01 00:00:00|0|FAILED";
  EXPECT_EQ(parse_state(text).value(),
            (State{{"t1", {.mark = at("2025-03-04 05:06:07"), .records = 12}},
                   {"t2", {.mark = CivilTime::baseline(), .status = TenantStatus::failed}}}));
}

TEST(StateText, RefusesWhatItCannotRead) {
  EXPECT_THAT(refusal("t|2025-03-04 05:06:07|1|SUCCESS\nx"), HasSubstr("line 2"));
  EXPECT_THAT(refusal("t|2025-03-04 05:06:07|1"), HasSubstr("four fields"));
  EXPECT_THAT(refusal("t|2025-03-04 05:06:07|1|SUCCESS|"), HasSubstr("four fields"));
  for (const char* time : {"", "2025-03-04", "2025-13-04 05:06:07", "2025-02-30 05:06:07",
                           "2025-03-04 25:06:07", "2025-03-04 05:06:07 x", "yesterday"}) {
    EXPECT_THAT(refusal(fmt::format("t|{}|1|SUCCESS", time)), HasSubstr("not a time")) << time;
  }
  for (const char* count : {"", "-1", "+1", " 1", "1 ", "1,000", "99999999999999999999", "0x1"}) {
    EXPECT_THAT(refusal(fmt::format("t|2025-03-04 05:06:07|{}|SUCCESS", count)),
                HasSubstr("not a count"))
        << count;
  }
  EXPECT_THAT(refusal("t|2025-03-04 05:06:07|1|success"), HasSubstr("not a status"));
  for (const char* tenant : {"%", "%4", "%4g", "a%"}) {
    EXPECT_THAT(refusal(fmt::format("{}|2025-03-04 05:06:07|1|SUCCESS", tenant)),
                HasSubstr("percent"))
        << tenant;
  }
  EXPECT_THAT(refusal("a|2025-03-04 05:06:07|1|SUCCESS\n%61|2025-03-04 05:06:07|1|SUCCESS"),
              HasSubstr("second line"));
}

class StateFileTest : public testing::Test {
 protected:
  void save(const std::string& tenant) {
    ASSERT_TRUE(file_.save({{tenant, {.mark = at("2025-03-04 05:06:07")}}}));
  }
  [[nodiscard]] std::string backup(const std::string& stamp) const {
    return ".last_export_time.backup." + stamp;
  }
  [[nodiscard]] std::string tenant_in(const std::string& name) const {
    return parse_state(folder_.read(name)).value().begin()->first;
  }

  TemporaryFolder folder_;
  StateFile file_{folder_.text()};
};

TEST_F(StateFileTest, IsEmptyWhenThereIsNone) {
  EXPECT_TRUE(file_.load().value().empty());
  EXPECT_TRUE(StateFile(folder_.text() + "/none").load().value().empty());
  EXPECT_TRUE(file_.back_up(at("2025-03-04 05:06:07")));
  EXPECT_TRUE(file_.backups().empty());
}

TEST_F(StateFileTest, NamesTheNewestWholeBackupWhenItIsDamaged) {
  save("old");
  ASSERT_TRUE(file_.back_up(at("2025-03-01 00:00:00")));
  folder_.write(backup("20250302-000000"), "torn|2025");
  folder_.write(".last_export_time", "garbage");
  const Result<State> state = file_.load();
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().kind, ErrorKind::corrupt);
  EXPECT_THAT(state.error().what.en, HasSubstr(file_.path()));
  EXPECT_THAT(state.error().hint.en, HasSubstr(backup("20250301-000000")));
}

TEST_F(StateFileTest, KeepsTheLastTenAndOneADayForThirtyDays) {
  save("t");
  const CivilTime start = at("2025-01-01 08:00:00");
  for (int run = 0; run < 80; ++run) {
    save(std::to_string(run));
    ASSERT_TRUE(file_.back_up(start + std::chrono::hours(12 * run)));  // 08:00 and 20:00
  }
  const std::vector<std::string> names = file_.backups();
  // 10 of the last five days, then the evening ones back to 30 days before 2025-02-09.
  EXPECT_EQ(names.size(), 10U + 26U);
  EXPECT_EQ(names.front(), backup("20250110-200000"));
  EXPECT_EQ(names.back(), backup("20250209-200000"));
}

TEST_F(StateFileTest, TwoStatesOfOneSecondAreBothKept) {
  const CivilTime now = at("2025-03-04 05:06:07");
  for (const char* tenant : {"first", "second", "second", "third"}) {
    save(tenant);
    ASSERT_TRUE(file_.back_up(now));
  }
  EXPECT_THAT(file_.backups(), ElementsAre(backup("20250304-050607"), backup("20250304-050607-02"),
                                           backup("20250304-050607-03")));
  EXPECT_EQ(tenant_in(backup("20250304-050607")), "first");
  EXPECT_EQ(tenant_in(backup("20250304-050607-03")), "third");
}

TEST_F(StateFileTest, RestoringKeepsWhatItReplacesEvenInTheSameSecond) {
  const CivilTime now = at("2025-03-04 05:06:07");
  save("good");
  ASSERT_TRUE(file_.back_up(now));
  save("bad");
  ASSERT_TRUE(file_.restore(backup("20250304-050607"), now));
  EXPECT_EQ(file_.load().value().begin()->first, "good");
  EXPECT_EQ(tenant_in(backup("20250304-050607")), "good");
  EXPECT_EQ(tenant_in(backup("20250304-050607-02")), "bad");
}

TEST_F(StateFileTest, RestoresNothingButWholeBackups) {
  save("t");
  folder_.write(backup("x"), "torn");
  folder_.write("other", "t|2025-03-04 05:06:07|1|SUCCESS\n");
  const CivilTime now = at("2025-03-04 05:06:07");
  EXPECT_EQ(file_.restore(backup("x"), now).error().kind, ErrorKind::corrupt);
  EXPECT_EQ(file_.restore(backup("none"), now).error().kind, ErrorKind::not_found);
  EXPECT_EQ(file_.restore("other", now).error().kind, ErrorKind::not_found);
  EXPECT_EQ(file_.restore(backup("/../other"), now).error().kind, ErrorKind::not_found);
  EXPECT_EQ(file_.load().value().begin()->first, "t");
}

}  // namespace
}  // namespace tidemark::watermark
