#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/stop.h"
#include "load/record_writer.h"
#include "load/rederive.h"
#include "load/scan_store.h"
#include "load/schema.h"
#include "load/stream_kind.h"
#include "load/stream_tables.h"
#include "load/testing_pause.h"
#include "sql/testing_faults.h"
#include "tests/database.h"

// For tests: a warehouse, and one stream that is written into it.
namespace tidemark::load::testing {

/// When the first rows of a test are observed: 2025-01-01 10:53:20 by the shop's clock.
inline constexpr WallTime start{std::chrono::seconds(1'735'700'000)};

/// What order_items did not have at first.
inline std::span<const Column> later_item_columns() {
  constexpr std::size_t count = 4;
  return order_items_table().columns.last(count);
}

/// On each database an empty warehouse of its own for each test, with a writer of one stream.
class EachWarehouse : public testing_database::EachDatabase {
 protected:
  /// Where the stream goes. Must outlive the test.
  [[nodiscard]] virtual const StreamTables& tables() const = 0;

  void SetUp() override {
    EachDatabase::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    ASSERT_TRUE(migrate_warehouse(db()));
    ASSERT_TRUE(
        ScanStore(db(), tables().platform(), std::string(name(tables().kind()))).register_stream());
    open_writer(false);
  }
  void TearDown() override {
    writer_.reset();  // PostgreSQL drops no database that is in use.
    EachDatabase::TearDown();
  }

  void open_writer(bool dry_run) {
    Result<RecordWriter> writer = RecordWriter::open([this] { return sql::connect(url()); },
                                                     tables(), dry_run, pause_, clock_);
    ASSERT_TRUE(writer) << writer.error().what.en;
    writer_.emplace(std::move(*writer));
  }
  BatchOutcome write_batch(std::vector<Observed> batch) {
    Result<BatchOutcome> outcome = writer_->write(std::move(batch), "scan");
    EXPECT_TRUE(outcome) << outcome.error().what.en;
    return outcome ? std::move(*outcome) : BatchOutcome();
  }

  /// Derives what `tables` make of the raw layer.
  RederiveSummary rederived(const StreamTables& tables, bool dry_run = false) {
    Result<RederiveSummary> summary = rederive(tables, dry_run);
    EXPECT_TRUE(summary) << summary.error().what.en;
    return summary ? std::move(*summary) : RederiveSummary();
  }
  Result<RederiveSummary> rederive(const StreamTables& tables, bool dry_run = false) {
    const Stop stop;
    std::atomic<std::uint64_t> records{0};
    const auto connect = [this]() -> Result<std::unique_ptr<sql::Connection>> {
      auto connection = sql::connect(url());
      if (!connection) return connection;
      return std::make_unique<sql::testing::VictimConnection>(std::move(*connection), deadlocks_);
    };
    Rederive again(connect, tables, clock_, stop, pause_, records);
    return again.run(dry_run);
  }

  int deadlocks_ = 0;  ///< So many of the next commits of deriving again fail.
  NoPause pause_;
  ManualClock clock_{start + std::chrono::hours(1)};
  std::optional<RecordWriter> writer_;
};

}  // namespace tidemark::load::testing
