#include "export/source_record.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/temporary_folder.h"

namespace tidemark::exporter {
namespace {

class SourceRecordTest : public testing::Test {
 protected:
  [[nodiscard]] Result<std::optional<SourceRecord>> loaded(std::string_view text) const {
    std::ofstream(folder_.path() / "source.json") << text;
    return SourceRecord::load(folder_.path().string());
  }
  TemporaryFolder folder_;
};

TEST_F(SourceRecordTest, ComesBackAsItWasSaved) {
  TableSpec spec;
  spec.payload = "\xff";
  SourceRecord record{.zone = "+08:00",
                      .source = "mysql://h/d",
                      .table = "t",
                      .layout = "files",
                      .prune_source = "mysql://old/d",
                      .name = "invoices",
                      .key = RecordedKey::of({"a", "b|\xfe"}, "text"),
                      .selection = Selection::of(spec),
                      .prune_selection = Selection::of(TableSpec{}),
                      .trimmed = true};
  ASSERT_TRUE(record.save(folder_.path().string()));
  EXPECT_EQ(SourceRecord::load(folder_.path().string()).value(), record);
}

TEST_F(SourceRecordTest, OfAnOlderVersionHasGaps) {
  const SourceRecord record = loaded(R"({"zone": "+08:00", "source": "s", "later": {}})")->value();
  EXPECT_FALSE(record.name || record.key || record.selection || record.prune_selection ||
               record.trimmed);
  EXPECT_EQ(record.prune_source, "s");
  ASSERT_TRUE(record.save(folder_.path().string()));
  EXPECT_EQ(SourceRecord::load(folder_.path().string()).value(), record);
}

TEST_F(SourceRecordTest, IsNotGuessedAt) {
  for (const char* text :
       {"", "{", "[]", R"({"zone": "+08:00"})", R"({"zone": "z", "source": "s", "export": null})",
        R"({"zone": "z", "source": "s", "key": {"columns": "fid", "type": "text"}})",
        R"({"zone": "z", "source": "s", "columns": {"tenant": "t"}})"}) {
    const auto record = loaded(text);
    ASSERT_FALSE(record) << text;
    EXPECT_EQ(record.error().kind, ErrorKind::corrupt);
  }
}

TEST(RecordedKeyTest, DiffersByItsColumnsAndByATypeThatBothKnow) {
  const RecordedKey key = RecordedKey::of({"a"}, "integer");
  EXPECT_FALSE(key.differs_from(key));
  EXPECT_FALSE(key.differs_from(RecordedKey::of({"a"}, "")));
  EXPECT_TRUE(key.differs_from(RecordedKey::of({"a"}, "text")));
  EXPECT_TRUE(
      RecordedKey::of({"a", "b"}, "text").differs_from(RecordedKey::of({"b", "a"}, "text")));
}

TEST(SelectionTest, HasNoStatusValueWithoutAStatus) {
  TableSpec spec;
  spec.status.clear();
  TableSpec other = spec;
  other.status_value = "4";
  EXPECT_EQ(Selection::of(spec), Selection::of(other));
}

}  // namespace
}  // namespace tidemark::exporter
