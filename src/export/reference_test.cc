#include "export/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "base/atomic_file.h"
#include "export/reference_json.h"
#include "tests/database.h"

namespace tidemark::exporter {
namespace {

class Reference : public testing_database::EachDatabase {
 protected:
  Result<ReferenceSummary> run_export() {
    ReferenceOptions options;
    options.output_dir = (folder() / "out").string();
    options.lists = lists_;
    options.dry_run = dry_run_;
    return export_reference(db(), options, stop_);
  }

  std::string file(const std::string& path) {
    return read_file((folder() / "out" / path).string(), 1 << 20).value_or("(none)");
  }

  /// As users have it: on MySQL with a collation that takes 'de' and 'DE' for the same.
  std::string text_type() {
    return db().dialect() == sql::Dialect::mysql
               ? "VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"
               : "VARCHAR(40)";
  }

  void make_units(const std::string& values) {
    run("CREATE TABLE u (code " + text_type() + ", country_code " + text_type() + ")");
    run("INSERT INTO u VALUES " + values);
    lists_ = {{.table = "u",
               .columns = {"code"},
               .path = "codes/u",
               .country_column = "country_code",
               .order = {"code"}}};
  }

  std::vector<ReferenceList> lists_ = default_reference_lists();
  bool dry_run_ = false;
  Stop stop_;
};

TEST_P(Reference, KeepsEveryDigit) {
  run("CREATE TABLE t_currency (code " + text_type() + ", name_zh " + text_type() +
      ", minor_units BIGINT, rate NUMERIC(30,8), note " + text_type() + ")");
  run("INSERT INTO t_currency VALUES ('CNY', '人民币 \"元\"', 2, 0.5, NULL)");
  run("INSERT INTO t_currency VALUES ('AAA', '', -9007199254740993, 0, ?)", {"a\nb"});
  lists_.resize(1);
  const Result<ReferenceSummary> summary = run_export();
  ASSERT_TRUE(summary) << summary.error().what.en;
  EXPECT_EQ(summary->rows(), 2);
  EXPECT_EQ(summary->files_written(), 1);
  const std::string text = file("global/currencies.json");
  EXPECT_THAT(text, testing::StartsWith("[\n  {\n    \"code\": \"AAA\",\n    \"name_zh\": \"\",\n"
                                        "    \"minor_units\": -9007199254740993,\n"));
  EXPECT_THAT(text, testing::HasSubstr("\"name_zh\": \"人民币 \\\"元\\\"\",\n"));
  const bool sqlite = db().dialect() == sql::Dialect::sqlite;  // Its NUMERIC keeps no zeros.
  EXPECT_THAT(text, testing::HasSubstr(sqlite ? "\"rate\": 0.5,\n" : "\"rate\": 0.50000000,\n"));
  EXPECT_THAT(text, testing::HasSubstr("\"note\": \"a\\nb\"\n"));
  EXPECT_THAT(text, testing::EndsWith("\"note\": null\n  }\n]\n"));
}

TEST_P(Reference, WritesOneFileForEachCountryAndOnlyWhenItDiffers) {
  make_units("('C62', 'CN'), ('KGM', 'CN'), ('C62', 'DE'), ('EA', NULL), ('XX', '')");
  ASSERT_EQ(run_export()->files_written(), 3);
  EXPECT_EQ(file("codes/u/CN.json"),
            "[\n  {\n    \"code\": \"C62\"\n  },\n  {\n    \"code\": \"KGM\"\n  }\n]\n");
  EXPECT_EQ(file("codes/u/_default.json"),
            "[\n  {\n    \"code\": \"EA\"\n  },\n  {\n    \"code\": \"XX\"\n  }\n]\n");
  EXPECT_EQ(run_export()->files_unchanged(), 3);

  run("UPDATE u SET code = 'TNE' WHERE code = 'KGM'");
  run("DELETE FROM u WHERE country_code = 'DE'");
  dry_run_ = true;
  EXPECT_EQ(run_export()->files_written(), 1);
  EXPECT_THAT(file("codes/u/CN.json"), testing::HasSubstr("KGM"));
  dry_run_ = false;
  const Result<ReferenceSummary> summary = run_export();
  EXPECT_EQ(summary->files_written(), 1);
  EXPECT_EQ(summary->files_unchanged(), 1);
  EXPECT_THAT(summary->lists[0].stale, testing::ElementsAre("codes/u/DE.json"));
  EXPECT_THAT(file("codes/u/CN.json"), testing::HasSubstr("TNE"));
}

TEST_P(Reference, NeverLetsTwoCountriesShareAFile) {
  make_units("('1', 'de'), ('2', 'DE'), ('3', '../x'), ('4', '_default'), ('5', NULL)");
  const Result<ReferenceSummary> summary = run_export();
  ASSERT_TRUE(summary) << summary.error().what.en;
  EXPECT_EQ(summary->files_written(), 5);
  EXPECT_EQ(summary->warnings.size(), 2U);
  EXPECT_THAT(file("codes/u/_default.json"), testing::HasSubstr("\"5\""));
  EXPECT_THAT(file("codes/u/DE.json"), testing::HasSubstr("\"2\""));
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder() / "out/codes/u")) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  EXPECT_EQ(files, 5U);
}

TEST_P(Reference, GoesOnWithoutATableThatIsMissing) {
  run("CREATE TABLE t_invoice_type (code " + text_type() + ")");
  const Result<ReferenceSummary> summary = run_export();
  ASSERT_TRUE(summary) << summary.error().what.en;
  EXPECT_EQ(summary->lists_failed(), 4);
  EXPECT_EQ(summary->lists[0].error->kind, ErrorKind::not_found);
  EXPECT_THAT(summary->lists[0].error->what.en, testing::HasSubstr("t_currency"));
  EXPECT_EQ(file("global/invoice-types.json"), "[]\n");
}

TEST_P(Reference, NamesAColumnThatIsMissing) {
  make_units("('1', 'CN')");
  lists_[0].country_column = "land";
  EXPECT_THAT(run_export()->lists[0].error->what.en, testing::HasSubstr("land"));
}

TEST_P(Reference, Stops) {
  make_units("('1', 'CN')");
  stop_.request(SIGINT);
  EXPECT_TRUE(run_export()->stopped);
  EXPECT_FALSE(std::filesystem::exists(folder() / "out"));
}

INSTANTIATE_TEST_SUITE_P(Databases, Reference, ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

TEST(ReferenceJson, WritesValuesByTheirType) {
  const auto written = [](sql::ColumnType type, std::optional<std::string_view> value,
                          const char* declared = "") {
    std::string out;
    sql::Column column;
    column.name = "c";
    column.type = type;
    column.declared = declared;
    const Result<void> done = append_json_value(out, column, value);
    return done ? out : done.error().what.en;
  };
  EXPECT_EQ(written(sql::ColumnType::floating, "NaN"), "\"NaN\"");
  EXPECT_EQ(written(sql::ColumnType::decimal, "1.50"), "1.50");
  EXPECT_EQ(written(sql::ColumnType::binary, "\xFF\x01"), "\"ff01\"");
  EXPECT_EQ(written(sql::ColumnType::json, R"({"a":1.0})"), R"({"a":1.0})");
  EXPECT_EQ(written(sql::ColumnType::other, "t", "boolean"), "true");
  EXPECT_EQ(written(sql::ColumnType::text, "\x01\\"), R"("\u0001\\")");
  EXPECT_EQ(written(sql::ColumnType::text, std::nullopt), "null");
  EXPECT_THAT(written(sql::ColumnType::text, "\xFF"), testing::HasSubstr("not UTF-8"));
}

}  // namespace
}  // namespace tidemark::exporter
