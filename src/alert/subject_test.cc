#include "alert/subject.h"

#include <gtest/gtest.h>

#include <set>

namespace tidemark::alert {
namespace {

TEST(Subject, NamesAreDistinctAndReadBack) {
  std::set<std::string_view> names;
  for (const SubjectInfo& about : subjects()) {
    EXPECT_TRUE(names.insert(about.name).second);
    EXPECT_EQ(subject_named(about.name), about.subject);
    EXPECT_EQ(info(about.subject).name, about.name);
  }
  EXPECT_EQ(subject_named("disk"), std::nullopt);
}

TEST(Subject, LevelsReadBack) {
  for (const Level level : {Level::notice, Level::warning, Level::critical})
    EXPECT_EQ(level_named(name(level)), level);
  EXPECT_EQ(level_named("fatal"), std::nullopt);
}

TEST(Subject, ThresholdsAreReadInTheirUnit) {
  EXPECT_DOUBLE_EQ(parse_threshold(Unit::ratio, "99.9%").value(), 0.999);
  EXPECT_DOUBLE_EQ(parse_threshold(Unit::ratio, "100%").value(), 1);
  EXPECT_DOUBLE_EQ(parse_threshold(Unit::seconds, "3m").value(), 180);
  EXPECT_DOUBLE_EQ(parse_threshold(Unit::seconds, "250ms").value(), 0.25);
  EXPECT_DOUBLE_EQ(parse_threshold(Unit::count, "50").value(), 50);
  for (const std::string_view wrong : {"95", "-1%", "101%", "1e1%", "x%", "%", ""})
    EXPECT_EQ(parse_threshold(Unit::ratio, wrong), std::nullopt) << wrong;
  for (const std::string_view wrong : {"3", "m", "-3m", "3 m"})
    EXPECT_EQ(parse_threshold(Unit::seconds, wrong), std::nullopt) << wrong;
  for (const std::string_view wrong : {"5%", "-1", "1.5", ""})
    EXPECT_EQ(parse_threshold(Unit::count, wrong), std::nullopt) << wrong;
}

TEST(Subject, ValuesAreShownAsPeopleReadThem) {
  EXPECT_EQ(value_text(Unit::ratio, 0.95), "95%");
  EXPECT_EQ(value_text(Unit::ratio, 0.999), "99.9%");
  EXPECT_EQ(value_text(Unit::ratio, 0.99999), "99.99%");
  EXPECT_EQ(value_text(Unit::ratio, 1), "100%");
  EXPECT_EQ(value_text(Unit::ratio, 0), "0%");
  EXPECT_EQ(value_text(Unit::seconds, 0.25), "250ms");
  EXPECT_EQ(value_text(Unit::seconds, 180), "3m");
  EXPECT_EQ(value_text(Unit::seconds, 250), "4m10s");
  EXPECT_EQ(value_text(Unit::seconds, 7260), "2h1m");
  EXPECT_EQ(value_text(Unit::count, 57), "57");
}

}  // namespace
}  // namespace tidemark::alert
