#include "export/export_run.h"

#include <gtest/gtest.h>

#include "sql/testing_faults.h"
#include "tests/temporary_folder.h"

namespace tidemark::exporter {
namespace {

class ExportRunTest : public testing::Test {
 protected:
  ExportRunTest() {
    sql::ConnectOptions create{.create = true};
    const std::unique_ptr<sql::Connection> connection = sql::connect(url_, create).value();
    for (const char* statement :
         {"CREATE TABLE t_invoice (fid INTEGER PRIMARY KEY, ftenant_id TEXT, fcountry TEXT, "
          "fissue_date TEXT, finvoice_no TEXT, fissue_status INTEGER, fext_field TEXT, "
          "fupdate_time TEXT)",
          "INSERT INTO t_invoice WITH RECURSIVE row(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM "
          "row WHERE id < 100) SELECT id, 't', 'CN', '2025-01-01', 'N' || id, 3, '{}', "
          "'2025-01-01 00:00:00' FROM row"}) {
      EXPECT_TRUE(connection->execute(statement));
    }
  }
  [[nodiscard]] ExportRun run() {
    const auto connect = [this]() -> Result<std::unique_ptr<sql::Connection>> {
      Result<std::unique_ptr<sql::Connection>> connection = sql::connect(url_);
      if (!connection) return connection;
      return std::make_unique<sql::testing::VictimConnection>(std::move(*connection), deadlocks_);
    };
    return ExportRun({.connect = connect, .clock = clock_, .stop = stop_, .source = "test"}, {},
                     {.output = (folder_.path() / "out").string(), .threads = 1});
  }

  TemporaryFolder folder_;
  sql::Url url_ = sql::Url::parse("sqlite:" + (folder_.path() / "source.db").string()).value();
  SystemClock clock_;
  Stop stop_;
  int deadlocks_ = 0;
};

TEST_F(ExportRunTest, RowsThatAreReadAgainAreShownOnce) {
  deadlocks_ = 1;
  ExportRun run = this->run();
  const Result<ExportSummary> summary = run.run();
  ASSERT_TRUE(summary) << summary.error().what.en;
  EXPECT_EQ(deadlocks_, 0);
  EXPECT_EQ(summary->rows_written, 100U);
  EXPECT_EQ(run.progress().rows, 100U);
  EXPECT_EQ(run.progress().bytes, 200U);
}

}  // namespace
}  // namespace tidemark::exporter
