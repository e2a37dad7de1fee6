#include "samples/csv_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::samples {
namespace {

using Records = std::vector<std::vector<std::string>>;

Result<Records> read(ByteSource source) {
  CsvReader reader(std::move(source));
  Records records;
  while (true) {
    Result<bool> more = reader.next();
    if (!more) return fail(std::move(more));
    if (!*more) return records;
    records.push_back(reader.fields());
  }
}

Result<Records> read(std::string_view text) { return read(text_source(text)); }

TEST(CsvReader, ReadsWhatTheStandardDefines) {
  EXPECT_EQ(read("").value(), Records{});
  EXPECT_EQ(read("a,b\nc,d\n").value(), (Records{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(read("a,b\r\nc,d").value(), (Records{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(read("\"a,b\",\"c\r\nd\",\"e \"\"f\"\"\"\n").value(),
            (Records{{"a,b", "c\r\nd", "e \"f\""}}));
  EXPECT_EQ(read(",\n\n,").value(), (Records{{"", ""}, {""}, {"", ""}}));
  EXPECT_EQ(read("\"\",\"\"\"\"").value(), (Records{{"", "\""}}));
  EXPECT_EQ(read(" a , b ").value(), (Records{{" a ", " b "}}));
  EXPECT_EQ(read("\xEF\xBB\xBF发票,£").value(), (Records{{"发票", "£"}}));
}

TEST(CsvReader, ForgetsTheRecordBefore) {
  EXPECT_EQ(read("a,b,c\nd\n,\n").value(), (Records{{"a", "b", "c"}, {"d"}, {"", ""}}));
}

TEST(CsvReader, ReadsTheSameInPiecesOfOneByte) {
  const std::string text =
      "\xEF\xBB\xBF"
      "a,\"b\"\"\r\n\"\r\nc,d";
  std::size_t at = 0;
  EXPECT_EQ(read([&](char* into, std::size_t) -> Result<std::size_t> {
              if (at == text.size()) return 0;
              *into = text[at++];
              return 1;
            }).value(),
            (Records{{"a", "b\"\r\n"}, {"c", "d"}}));
}

TEST(CsvReader, RefusesWhatIsNotCsvAndNamesTheLine) {
  for (const std::string_view text : {"a\nb\"c\n", "a\n\"b\"c\n", "a\n\"b\nc,d", "a\nb\rc\n"}) {
    const Result<Records> records = read(text);
    ASSERT_FALSE(records) << text;
    EXPECT_EQ(records.error().kind, ErrorKind::corrupt);
    EXPECT_THAT(records.error().what.en, testing::StartsWith("line 2: "));
  }
}

TEST(CsvReader, CountsLinesInsideQuotes) {
  CsvReader reader(text_source("\"a\nb\nc\"\nd\n"));
  ASSERT_TRUE(reader.next().value());
  EXPECT_EQ(reader.line(), 1);
  ASSERT_TRUE(reader.next().value());
  EXPECT_EQ(reader.line(), 4);
}

TEST(CsvReader, LimitsARecord) {
  EXPECT_FALSE(read("\"" + std::string(CsvReader::max_record + 1, 'x')));
}

}  // namespace
}  // namespace tidemark::samples
