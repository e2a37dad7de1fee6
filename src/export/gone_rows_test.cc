#include "export/gone_rows.h"

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"

namespace tidemark::exporter {
namespace {

TEST(GoneRows, OnlyWhatIsReallyRemovedCounts) {
  const TemporaryFolder folder;
  TreeIndex index = TreeIndex::open(folder.text(), IndexDb::Mode::read_write).value();
  std::int64_t key = 0;
  for (const char* stem : {"t/CN/one", "t/CN/two", "t/CN/three"}) {
    folder.write(stem + std::string(".json"), "{}");
    ASSERT_TRUE(index.insert(Key(++key), {.path = {.stem = stem}}).value());
  }
  folder.write("t/CN/stuck.json/in the way", "a folder cannot be unlinked");
  folder.write("t/CN/unknown stuck.json/in the way", "a folder cannot be unlinked");
  folder.write("t/CN/unknown.json", "{}");
  ASSERT_TRUE(index.insert(Key(++key), {.path = {.stem = "t/CN/stuck"}}).value());

  const GoneRows gone =
      find_gone(index, index.max_id().value(), [](std::int64_t id) { return id == 1; }).value();
  ASSERT_EQ(gone.ids.size(), 3U);
  const RemovedGone removed =
      remove_gone(index, folder.text(), gone.ids, {"t/CN/unknown.json", "t/CN/unknown stuck.json"})
          .value();
  EXPECT_EQ(removed.gone, 2U);
  EXPECT_EQ(removed.unknown, 1U);
  EXPECT_EQ(removed.failures.size(), 2U);
  EXPECT_TRUE(folder.has("t/CN/one.json"));
  EXPECT_FALSE(folder.has("t/CN/two.json"));
  EXPECT_FALSE(folder.has("t/CN/unknown.json"));
  EXPECT_EQ(index.removals().value().size(), 2U);
  EXPECT_EQ(index.count().value(), 1);
}

}  // namespace
}  // namespace tidemark::exporter
