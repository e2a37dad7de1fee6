#include "samples/create.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "samples/change.h"
#include "samples/reference_data.h"
#include "tests/database.h"

namespace tidemark::samples {
namespace {

class Create : public testing_database::EachDatabase {
 protected:
  /// Makes `count` invoices; the caller checks the result.
  Result<LoadedRows> make(std::int64_t count, IfNotEmpty policy = IfNotEmpty::fail,
                          bool resume = false) {
    CreateOptions options;
    options.invoices.seed = 11;
    options.invoices.count = count;
    options.table.if_not_empty = policy;
    options.table.rows_per_transaction = 100;
    options.table.progress = [this](std::int64_t rows) {
      if (rows >= stop_after_) stop_.request(SIGTERM);
    };
    options.resume = resume;
    return create(db(), options, stop_);
  }

  /// All that an exporter would see.
  std::string fingerprint() {
    Result<std::unique_ptr<sql::Cursor>> rows = db().query(
        "SELECT fid, ftenant_id, fcountry, fissue_date, finvoice_no, fissue_status, fext_field, "
        "fupdate_time FROM t_invoice ORDER BY fid");
    std::string all;
    while ((*rows)->next().value()) {
      for (std::size_t i = 0; i < (*rows)->columns(); ++i) {
        all += std::string((*rows)->at(i).value_or("NULL")) + "\x1f";
      }
    }
    return all;
  }

  Stop stop_;
  std::int64_t stop_after_ = 1'000'000'000;
};

TEST_P(Create, StoresExactlyWhatWasGenerated) {
  const Result<LoadedRows> made = make(250);
  ASSERT_TRUE(made) << made.error().what.en;
  EXPECT_EQ(made->rows, 250);
  EXPECT_FALSE(made->stopped);
  const InvoiceGenerator generator({.seed = 11, .count = 250});
  Invoice invoice;
  std::string expected;
  for (std::int64_t i = 0; i < 250; ++i) {
    generator.make(i, invoice);
    for (const std::string& text :
         {std::to_string(invoice.id), invoice.tenant, invoice.country.value_or("NULL"),
          invoice.issue_date.text(), invoice.number, std::to_string(invoice.status),
          invoice.payload, invoice.update_time->text()}) {
      expected += text + "\x1f";
    }
  }
  EXPECT_EQ(fingerprint(), expected);
  const sql::Table table = db().describe("t_invoice").value();
  EXPECT_EQ(table.primary_key, std::vector<std::string>{"fid"});
  EXPECT_NE(table.index_on({"ftenant_id", "fissue_status", "fupdate_time"}), nullptr);
  // The collations that MySQL and MariaDB share all pad with blanks: 'a' equals 'a '.
  const bool pads = db().dialect() == sql::Dialect::mysql;
  EXPECT_EQ(table.column("ftenant_id")->compares_bytes, !pads);
  EXPECT_EQ(table.column("fcountry")->compares_bytes, !pads);
  EXPECT_EQ(table.column("fupdate_time")->type, sql::ColumnType::datetime);
  EXPECT_EQ(table.column("fupdate_time")->decimals, 0);
}

TEST_P(Create, FillsTheReferenceTablesOnce) {
  ASSERT_TRUE(make(10));
  EXPECT_EQ(value("SELECT name_zh FROM t_currency WHERE code = 'CNY'"), "人民币");
  EXPECT_EQ(value("SELECT minor_units FROM t_currency WHERE code = 'KWD'"), "3");
  EXPECT_EQ(value("SELECT COUNT(DISTINCT country_code) FROM t_uom_code"), "14");
  run("DELETE FROM t_currency WHERE code = 'CNY'");
  EXPECT_EQ(create_reference_data(db(), false).value(), 0);
  EXPECT_GT(create_reference_data(db(), true).value(), 500);
  EXPECT_EQ(value("SELECT COUNT(*) FROM t_currency WHERE code = 'CNY'"), "1");
}

TEST_P(Create, NeverTouchesRowsUnlessAsked) {
  ASSERT_TRUE(make(10));
  const Result<LoadedRows> again = make(20);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::usage);
  EXPECT_THAT(again.error().hint.en, testing::HasSubstr("--replace"));
  EXPECT_EQ(value("SELECT COUNT(*) FROM t_invoice"), "10");
  ASSERT_TRUE(make(20, IfNotEmpty::replace));
  EXPECT_EQ(value("SELECT COUNT(*) FROM t_invoice"), "20");
}

TEST_P(Create, StopsBetweenTransactionsAndResumes) {
  stop_after_ = 200;
  const Result<LoadedRows> stopped = make(450);
  ASSERT_TRUE(stopped) << stopped.error().what.en;
  EXPECT_TRUE(stopped->stopped);
  EXPECT_EQ(stopped->rows, 200);
  EXPECT_EQ(value("SELECT COUNT(*) FROM t_invoice"), "200");

  stop_.request(0);
  stop_after_ = 1'000'000;
  const Result<LoadedRows> resumed = make(450, IfNotEmpty::fail, true);
  ASSERT_TRUE(resumed) << resumed.error().what.en;
  EXPECT_EQ(resumed->rows, 250);
  const std::string all = fingerprint();
  ASSERT_TRUE(make(450, IfNotEmpty::replace));
  EXPECT_EQ(fingerprint(), all);
}

TEST_P(Create, RefusesSenselessNumbers) {
  EXPECT_EQ(make(0).error().kind, ErrorKind::usage);
  CreateOptions options;
  options.invoices.big_tenant_percent = 101;
  EXPECT_EQ(create(db(), options, stop_).error().kind, ErrorKind::usage);
  options = {};
  options.invoices.from = options.invoices.until;
  EXPECT_EQ(create(db(), options, stop_).error().kind, ErrorKind::usage);
}

TEST_P(Create, MakesOtherTablesBesideIt) {
  ASSERT_TRUE(make(10));
  CreateOptions options;
  options.invoices.count = 10;
  options.table.table = "receipts";
  options.table.update_decimals = 3;
  const Result<LoadedRows> made = create(db(), options, stop_);
  ASSERT_TRUE(made) << made.error().what.en;
  EXPECT_EQ(db().describe("receipts")->column("fupdate_time")->decimals, 3);
}

TEST_P(Create, ChangesAsADayOfBusinessDoes) {
  ASSERT_TRUE(make(300));
  const CivilTime stamp = *CivilTime::parse("2026-01-15 10:00:00.9");
  const Result<Changes> changes =
      change(db(), {.seed = 5, .update = 20, .add = 7, .void_count = 5, .move = 6, .stamp = stamp});
  ASSERT_TRUE(changes) << changes.error().what.en;
  EXPECT_EQ(changes->stamp.text(6), "2026-01-15 10:00:00.000000");
  EXPECT_EQ(changes->updated.size(), 20U);
  EXPECT_EQ(changes->voided.size(), 5U);
  EXPECT_EQ(changes->moved.size(), 6U);
  EXPECT_EQ(changes->added.size(), 7U);
  EXPECT_EQ(value("SELECT COUNT(*) FROM t_invoice"), "307");
  EXPECT_EQ(value("SELECT COUNT(*) FROM t_invoice WHERE fupdate_time = '2026-01-15 10:00:00'"),
            "38");
  EXPECT_EQ(value("SELECT COUNT(*) FROM t_invoice WHERE fext_field LIKE '%\"amended\":%'"), "20");
  EXPECT_EQ(value("SELECT COUNT(*) FROM t_invoice WHERE fissue_status = 4 AND fupdate_time = "
                  "'2026-01-15 10:00:00'"),
            "5");
  EXPECT_EQ(value("SELECT fissue_status FROM t_invoice WHERE fid = ?", {changes->voided[0]}), "4");
}

TEST_P(Create, ChangesWithTheClockOfTheDatabase) {
  ASSERT_TRUE(make(20));
  const CivilTime before = db().now()->floor_to(0);
  const Result<Changes> changes = change(db(), {.update = 1});
  ASSERT_TRUE(changes) << changes.error().what.en;
  EXPECT_GE(changes->stamp, before);
  EXPECT_LE(changes->stamp, *db().now());
}

TEST_P(Create, ChangesNoMoreThanThereIs) {
  ASSERT_TRUE(make(20));
  const Result<Changes> changes = change(db(), {.update = 1000, .add = 3, .void_count = 1000});
  ASSERT_TRUE(changes) << changes.error().what.en;
  EXPECT_LE(changes->updated.size(), 20U);
  EXPECT_TRUE(changes->voided.empty());
  EXPECT_EQ(changes->added.size(), 3U);
  EXPECT_EQ(change(db(), {.table = "nowhere", .update = 1}).error().kind, ErrorKind::not_found);
  EXPECT_EQ(change(db(), {.add = -1}).error().kind, ErrorKind::usage);
}

INSTANTIATE_TEST_SUITE_P(Databases, Create, ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

TEST(Amended, KeepsAllOtherBytes) {
  const CivilTime at = *CivilTime::parse("2026-01-15 10:00:00");
  EXPECT_EQ(amended(R"({"a": 1.50 })", at),
            R"({"a": 1.50 ,"amended":{"revision":1,"at":"2026-01-15 10:00:00"}})");
  EXPECT_EQ(amended(amended("{}\n", at), at),
            "{\"amended\":{\"revision\":2,\"at\":\"2026-01-15 10:00:00\"}}\n");
  EXPECT_EQ(
      amended(R"({"amended":{"revision":7},"b":2})", at),
      R"({"amended":{"revision":7},"b":2,"amended":{"revision":1,"at":"2026-01-15 10:00:00"}})");
  for (const char* text : {"", " ", "[1]", "null", "{", "}"}) EXPECT_EQ(amended(text, at), text);
}

}  // namespace
}  // namespace tidemark::samples
