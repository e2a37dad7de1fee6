#include "watermark/state_merge.h"

#include <gtest/gtest.h>

namespace tidemark::watermark {
namespace {

State state(std::string_view text) { return parse_state(text).value(); }

constexpr std::string_view found =
    "a|2025-01-01 00:00:00|1|SUCCESS\nb|2025-01-01 00:00:00|1|SUCCESS\n";
constexpr std::string_view later =
    "a|2025-02-01 00:00:00|5|SUCCESS\nb|2025-02-01 00:00:00|6|SUCCESS\n";

TEST(MergeEdits, WithoutEditsOursIsWritten) {
  const MergedState merged = merge_edits(state(found), state(later), state(found));
  EXPECT_EQ(merged.state, state(later));
  EXPECT_TRUE(merged.edited.empty());
}

TEST(MergeEdits, AnEditedLineStands) {
  const MergedState merged =
      merge_edits(state(found), state(later),
                  state("a|2024-06-01 00:00:00|1|SUCCESS\nb|2025-01-01 00:00:00|1|SUCCESS\n"));
  EXPECT_EQ(merged.edited, std::vector<std::string>{"a"});
  EXPECT_EQ(merged.state,
            state("a|2024-06-01 00:00:00|1|SUCCESS\nb|2025-02-01 00:00:00|6|SUCCESS\n"));
}

TEST(MergeEdits, ADeletedLineStaysDeleted) {
  const MergedState merged =
      merge_edits(state(found), state(later), state("b|2025-01-01 00:00:00|1|SUCCESS\n"));
  EXPECT_EQ(merged.edited, std::vector<std::string>{"a"});
  EXPECT_EQ(merged.state, state("b|2025-02-01 00:00:00|6|SUCCESS\n"));
}

TEST(MergeEdits, ADeletedFileKeepsOnlyWhatIsNew) {
  State ours = state(later);
  ours.emplace("c", TenantState{.mark = *CivilTime::parse("2025-02-01 00:00:00")});
  const MergedState merged = merge_edits(state(found), std::move(ours), {});
  EXPECT_EQ(merged.edited, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(merged.state.size(), 1U);
  EXPECT_TRUE(merged.state.contains("c"));
}

TEST(MergeEdits, ALineOfANewTenantStands) {
  const MergedState merged =
      merge_edits({}, state(later), state("a|2024-01-01 00:00:00|0|SUCCESS\n"));
  EXPECT_EQ(merged.edited, std::vector<std::string>{"a"});
  EXPECT_EQ(merged.state.at("a").mark.text(), "2024-01-01 00:00:00");
}

}  // namespace
}  // namespace tidemark::watermark
