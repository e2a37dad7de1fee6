// Files of orders that are not as they should be: what is told, and what is set aside.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/file/testing_files.h"

namespace tidemark::load::file {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(FileExtractorTest, AColumnThatIsNotThereEndsItBeforeItBegins) {
  const Stop stop;
  const auto without = FileExtractor::open(bytes("order_id,price\n"), {}, stop);
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().kind, ErrorKind::usage);
  EXPECT_THAT(without.error().what.en, HasSubstr("created_at"));
  const auto mapped = FileExtractor::open(bytes("order_id,price,date\n"),
                                          {.layout = {.map = {{Field::created_at, "Date"}}}}, stop);
  ASSERT_FALSE(mapped);
  EXPECT_THAT(mapped.error().what.en, HasSubstr("order_id, price, date"));
  EXPECT_FALSE(FileExtractor::open(bytes(""), {}, stop));
  const auto gbk = FileExtractor::open(bytes("\xb6\xa9\xb5\xa5\xba\xc5,price\n"), {}, stop);
  ASSERT_FALSE(gbk);
  EXPECT_THAT(gbk.error().hint.en, HasSubstr("GBK"));
}

TEST(FileExtractorTest, OtherMarksBetweenTheColumnsAreTold) {
  const auto hint = [](const std::string& header, Format format = Format::csv) {
    const Stop stop;
    const auto opened =
        FileExtractor::open(bytes(header + "\n"), {.layout = {.format = format}}, stop);
    EXPECT_FALSE(opened);
    return opened ? std::string() : opened.error().hint.en;
  };
  EXPECT_THAT(hint("order_id\tcreated_at\tprice"), HasSubstr("--format tsv"));
  EXPECT_THAT(hint("order_id,created_at,price", Format::tsv), HasSubstr("--format csv"));
  EXPECT_THAT(hint("order_id;created_at;price"), HasSubstr("delimiter=\";\""));
  EXPECT_THAT(hint("\"order_id\";\"created_at\""), HasSubstr("delimiter=\";\""));
  EXPECT_THAT(hint("order_id|created_at|price"), HasSubstr("delimiter=\"|\""));
  EXPECT_THAT(hint("order_id"), HasSubstr("--map"));
  EXPECT_THAT(hint("order_id,created;at"), HasSubstr("--map"));
}

TEST(FileExtractorTest, TheFirstObjectsTellTheColumnsAndAreReadOnce) {
  const Stop stop;
  const auto products = FileExtractor::open(
      bytes("not json\n{\"id\":1,\"created_at\":\"2025-01-01\",\"price\":2,\"sku\":\"a\"}\n"),
      {.layout = {.format = Format::ndjson}}, stop);
  ASSERT_FALSE(products);
  EXPECT_THAT(products.error().what.en, HasSubstr("id, created_at, price, sku"));
  std::string text;
  const std::size_t rows = FileExtractor::objects_looked_at + 5;
  for (std::size_t i = 0; i < rows; ++i)
    text += fmt::format(R"({{"order_id":"{}","created_at":"2025-01-01","price":1}})", i) + "\n";
  const auto records = records_of(text, {.format = Format::ndjson});
  ASSERT_THAT(records, SizeIs(rows));
  for (std::size_t i = 0; i < rows; ++i) EXPECT_EQ(records[i].id, std::to_string(i));
}

/// What a file of objects came to.
struct Loaded {
  std::vector<RawRecord> records;
  ColumnUse use;
};
Loaded objects(std::string text) {
  const Stop stop;
  const auto extractor = FileExtractor::open(bytes(std::move(text), 65536),
                                             {.layout = {.format = Format::ndjson}}, stop);
  EXPECT_TRUE(extractor) << extractor.error().what.en;
  if (!extractor) return {};
  testing::Kept kept;
  EXPECT_TRUE((*extractor)->read(std::nullopt, kept));
  return {.records = std::move(kept.records), .use = (*extractor)->column_use()};
}
std::string orders_at_first() {
  std::string text;
  for (std::size_t i = 0; i < FileExtractor::objects_looked_at; ++i)
    text +=
        fmt::format(R"({{"id":"o{}","customer_id":1,"created_at":"2025-01-01","price":1}})", i) +
        "\n";
  return text;
}

TEST(FileExtractorTest, ColumnsThatComeLaterAreTakenAndTold) {
  const Loaded loaded = objects(
      orders_at_first() +
      R"({"id":"late","created_at":"2025-01-01","price":1,"refund_amount":"0.50","note":"x"})");
  EXPECT_EQ(order_of(loaded.records.back())->refund_money, 50);
  EXPECT_THAT(loaded.use.taken,
              ::testing::Contains(::testing::Pair("refund_money", "refund_amount")));
  EXPECT_THAT(loaded.use.left, ElementsAre("note"));
  EXPECT_FALSE(loaded.use.more);
}

TEST(FileExtractorTest, ColumnsInsideItemsAreToldOfAllObjects) {
  const auto order = [](int id, std::string_view items) {
    return fmt::format(
        R"({{"id":"i{}","customer_id":1,"created_at":"2025-01-01","price":1,"items":{}}})"
        "\n",
        id, items);
  };
  const Loaded loaded =
      objects(orders_at_first() + order(1, R"([{"sku":"a"}])") +
              order(2, R"([{"sku":"a"},{"colour":"red","name":"x"}])") +
              order(3, R"([{"sku":"a","qty":2}])") + order(4, "[]") + order(5, R"("none")"));
  EXPECT_THAT(loaded.use.taken,
              ::testing::IsSupersetOf({::testing::Pair("resource_id", "items.sku"),
                                       ::testing::Pair("quantity", "items.qty")}));
  EXPECT_THAT(loaded.use.left, ElementsAre("items.colour", "items.name"));
}

TEST(FileExtractorTest, ATableBehindTheOrdersIsSetAside) {
  const std::size_t first = FileExtractor::objects_looked_at;
  std::string text = orders_at_first();
  for (std::size_t i = 0; i < first; ++i) {
    text += fmt::format(
        R"({{"payment_id":{0},"order_id":"o{0}","created_at":"2025-01-01","price":1}})"
        "\n"
        R"({{"id":{0},"created_at":"2025-01-01","price":1,"sku":"s{0}"}})"
        "\n"
        R"({{"id":{0},"order_id":"x{0}","customer_id":1,"created_at":"2025-01-01","price":1}})"
        "\n",
        i);
  }
  const Loaded loaded = objects(std::move(text));
  ASSERT_THAT(loaded.records, SizeIs(4 * first));
  for (std::size_t i = 0; i < loaded.records.size(); ++i)
    EXPECT_THAT(why_not(loaded.records[i]),
                HasSubstr(i < first ? "stored" : "does not look like an order"))
        << loaded.records[i].payload;
}

TEST(FileExtractorTest, ARefundBehindTheOrdersIsSetAside) {
  std::string text;
  const std::size_t first = FileExtractor::objects_looked_at;
  for (std::size_t i = 0; i < first; ++i)
    text +=
        fmt::format(R"({{"order_id":"o{}","user_id":"u","amount":99,"created_at":"2025-01-01"}})"
                    "\n",
                    i);
  text += R"({"order_id":"o1","user_id":"u","amount":5,"created_at":"2025-01-03","refund_id":"f1"})"
          "\n";
  const Loaded loaded = objects(std::move(text));
  ASSERT_THAT(loaded.records, SizeIs(first + 1));
  EXPECT_EQ(why_not(loaded.records[1]), "stored");
  EXPECT_THAT(why_not(loaded.records.back()), HasSubstr("does not look like an order"));
}

TEST(FileExtractorTest, AFileThatTurnsIntoSomethingElseIsTold) {
  const Loaded loaded = objects(
      orders_at_first() +
      R"({"id":"o0","order_id":"o1","created_at":"2025-01-01","price":1,"method":"card"})"
      "\n"
      R"({"id":"p1","created_at":"2025-01-01","price":1,"sku":"s","stock":3,"brand":"b","unit":"kg"})"
      "\n"
      R"({"id":"guest","created_at":"2025-01-01","price":1})"
      "\n");
  const std::size_t first = FileExtractor::objects_looked_at;
  ASSERT_THAT(loaded.records, SizeIs(first + 3));
  for (std::size_t i = 0; i < first; ++i) EXPECT_EQ(why_not(loaded.records[i]), "stored");
  for (const std::size_t i : {first, first + 1}) {
    EXPECT_THAT(why_not(loaded.records[i]), HasSubstr("does not look like an order"));
    EXPECT_THAT(loaded.records[i].id, IsEmpty());
  }
  EXPECT_EQ(why_not(loaded.records.back()), "stored");
  EXPECT_THAT(loaded.use.left, IsEmpty());
}

TEST(FileExtractorTest, AStrayAmongTheFirstIsToldToo) {
  const Loaded loaded = objects(
      R"({"id":"p1","created_at":"2025-01-01","price":1,"sku":"s","stock":3,"brand":"b","unit":"kg"})"
      "\n" +
      orders_at_first());
  EXPECT_THAT(why_not(loaded.records.front()), HasSubstr("does not look like an order"));
  EXPECT_EQ(why_not(loaded.records[1]), "stored");
}

/// `,"NAME0":1,…`
std::string members(std::string_view name, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += fmt::format(R"(,"{}{}":1)", name, i);
  return text;
}

TEST(FileExtractorTest, NamesWithoutEndAreRefusedBeforeAnythingIsRead) {
  const Stop stop;
  const std::string order = R"({"id":1,"customer_id":1,"created_at":"2025-01-01","price":1)";
  std::string many, in_items = order + R"(,"items":[{"sku":1)" + members("i", 1200) + "}]}";
  for (int i = 0; i < 5; ++i) many += order + members(fmt::format("n{}_", i), 300) + "}\n";
  for (const std::string& text : {many, in_items, order + members("n", 60'000) + "}"}) {
    const auto refused =
        FileExtractor::open(bytes(text, 65536), {.layout = {.format = Format::ndjson}}, stop);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::usage);
    EXPECT_THAT(refused.error().what.en, HasSubstr("more than 1000 different members"));
  }
  std::string header = "order_id,created_at,price";
  for (int i = 0; i < 1000; ++i) header += fmt::format(",c{}", i);
  const auto refused = FileExtractor::open(bytes(header + "\n"), {}, stop);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what.en, HasSubstr("1003 columns"));
}

TEST(FileExtractorTest, NamesWithoutEndFurtherDownStopNothing) {
  const auto order = [](const std::string& id, const std::string& more) {
    return fmt::format(R"({{"id":"{}","customer_id":1,"created_at":"2025-01-01","price":1{}}})", id,
                       more) +
           "\n";
  };
  std::string text = orders_at_first() + order("wide", members("w", 1200));
  for (int i = 0; i < 5; ++i)
    text += order(fmt::format("n{}", i), members(fmt::format("n{}_", i), 900));
  text += order("last", "");
  const Loaded loaded = objects(std::move(text));
  const std::size_t first = FileExtractor::objects_looked_at;
  ASSERT_THAT(loaded.records, SizeIs(first + 7));
  EXPECT_THAT(why_not(loaded.records[first]), HasSubstr("more than 1000 columns"));
  for (std::size_t i = first + 1; i < loaded.records.size(); ++i)
    EXPECT_EQ(why_not(loaded.records[i]), "stored");
  EXPECT_TRUE(loaded.use.more);
  EXPECT_THAT(loaded.use.left, SizeIs(columns_max - 4));
}

TEST(FileExtractorTest, AnOrderOfEndlessRowsIsSetAsideAndNotGathered) {
  std::string text = "order_id,created_at,price,title\n";
  for (int i = 0; i < 3000; ++i) text += "1,2025-01-01,1," + std::string(1000, 'x') + "\n";
  const Stop stop;
  const auto extractor = FileExtractor::open(bytes(text, 65536), {}, stop);
  ASSERT_TRUE(extractor);
  testing::Kept kept;
  ASSERT_TRUE((*extractor)->read(std::nullopt, kept));
  ASSERT_THAT(kept.records, SizeIs(3));
  EXPECT_THAT(why_not(kept.records[0]), HasSubstr("too many rows"));
  EXPECT_THAT(why_not(kept.records[1]), HasSubstr("stands in the file before"));
}

}  // namespace
}  // namespace tidemark::load::file
