// The rows of files, and what their columns mean.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/file/layout.h"
#include "load/file/testing_files.h"

namespace tidemark::load::file {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> rows_of_file(const std::string& text, Format format = Format::csv) {
  RowReader reader(bytes(text), format);
  std::vector<std::string> rows;
  while (reader.next().value_or(false)) rows.push_back(reader.row());
  return rows;
}

TEST(RowReaderTest, RowsStayAsTheyStand) {
  EXPECT_THAT(rows_of_file("\xEF\xBB\xBF"
                           "a,b\r\n1,\"x\ny\"\n\n2,\"say \"\"hi\"\"\""),
              ElementsAre("a,b", "1,\"x\ny\"", "2,\"say \"\"hi\"\"\""));
  EXPECT_THAT(rows_of_file("a\t\"b\n", Format::tsv), ElementsAre("a\t\"b"));
}

TEST(RowReaderTest, AnOpenQuoteIsToldWithItsLine) {
  RowReader reader(bytes("a,b\n1,\"x\n2,y\n"), Format::csv);
  ASSERT_TRUE(reader.next().value_or(false));
  const Result<bool> broken = reader.next();
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().kind, ErrorKind::corrupt);
  EXPECT_THAT(broken.error().what.en, HasSubstr("line 2"));
}

TEST(FieldsOfTest, QuotesAreTakenOff) {
  EXPECT_THAT(*fields_of("1,\"a,b\",\"c\"\"d\",", Format::csv),
              ElementsAre("1", "a,b", "c\"d", ""));
  EXPECT_FALSE(fields_of("a\"b,c", Format::csv));
  EXPECT_THAT(*fields_of("=\"0012\",=\"\",x", Format::csv), ElementsAre("0012", "", "x"));
  EXPECT_THAT(*fields_of(R"("=""0012""",x)", Format::csv), ElementsAre("0012", "x"));
  for (const char* broken : {"=\"", "=\"a", "=\"a\"b\"", "=\"a\"b", "=\"a,b\""})
    EXPECT_FALSE(fields_of(broken, Format::csv)) << broken;
  EXPECT_FALSE(fields_of("\"a\"b", Format::csv));
  EXPECT_THAT(*fields_of("1\t\"\t", Format::tsv), ElementsAre("1", "\"", ""));
}

TEST(PlacesTest, UsualNamesAreFoundAndMappedOnesGoFirst) {
  const std::vector<std::string> columns = {"Id", "Customer-ID", "user_id", "下单时间", "Total"};
  const auto at = [](const Places& places, Field field) {
    return places[static_cast<std::size_t>(field)];
  };
  const Places usual = places_of(columns, {});
  EXPECT_EQ(at(usual, Field::order_id), 0U);
  EXPECT_EQ(at(usual, Field::user_id), 1U);
  EXPECT_EQ(at(usual, Field::created_at), 3U);
  EXPECT_EQ(at(usual, Field::price), 4U);
  EXPECT_FALSE(at(usual, Field::pay_time));
  EXPECT_EQ(at(places_of(columns, {{Field::user_id, "user_id"}}), Field::user_id), 2U);
  EXPECT_FALSE(at(places_of(columns, {{Field::user_id, "missing"}}), Field::user_id));
  EXPECT_FALSE(at(places_of(columns, {{Field::line_price, "Total"}}), Field::price));
  const std::vector<std::string> both = {"amount", "total"};
  EXPECT_EQ(at(places_of(both, {{Field::line_price, "amount"}}), Field::price), 1U);
  EXPECT_EQ(at(places_of(both, {{Field::line_price, "total"}}), Field::price), 0U);
  const FieldMap twice = {{Field::line_price, "total"}, {Field::price, "total"}};
  EXPECT_EQ(at(places_of(both, twice), Field::price), 1U);
}

TEST(LayoutTest, IsReadAsItWasWritten) {
  const Layout layout{.format = Format::tsv,
                      .header = "a\t\"b\"",
                      .map = {{Field::price, "\"b\""}},
                      .amounts_in_fen = true,
                      .zone = std::chrono::minutes(-330)};
  const std::optional<Layout> again = parse_layout(layout_json(layout));
  ASSERT_TRUE(again);
  EXPECT_EQ(layout_json(*again), layout_json(layout));
  EXPECT_FALSE(parse_layout("{}"));
}

}  // namespace
}  // namespace tidemark::load::file
