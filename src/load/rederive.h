#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/pause.h"
#include "base/result.h"
#include "base/stop.h"
#include "load/record_writer.h"
#include "load/unknown_codes.h"

namespace tidemark::load {

/// What deriving again did.
struct RederiveSummary {
  std::uint64_t records = 0;
  std::uint64_t inserted = 0;
  std::uint64_t changed = 0;
  std::uint64_t unchanged = 0;
  std::uint64_t histories = 0;  ///< Records whose history was not what their states say.
  /// Of their states the newest one that can be stored is what counts, as for a load.
  std::uint64_t rejected = 0;
  std::uint64_t accepted = 0;  ///< Further ones that cannot be stored, as somebody knows.
  UnknownCodes unknown_codes{};
  bool dry_run = false;
  bool stopped = false;

  void add(const RederiveSummary& more);  ///< The counts of further records.
};

/// Makes the business tables of a stream anew from the raw layer, without asking the shop: after a
/// unit, a text or a rule was corrected. Rows that are right already are not touched, so it may be
/// repeated, and interrupted at any point. In transactions of some hundred records each, taking
/// turns with loads; one that met a deadlock, or lost its connection, is done again, and one that
/// the database refuses is done in smaller ones, until the records are found that it does not take:
/// these stay as they are in the tables and are set aside.
class Rederive {
 public:
  /// What it is handed must outlive it. `records` is counted up as it goes.
  Rederive(ConnectWarehouse connect, const StreamTables& tables, const Clock& clock,
           const Stop& stop, Pause& pause, std::atomic<std::uint64_t>& records)
      : connect_(std::move(connect)),
        tables_(tables),
        stream_(name(tables.kind())),
        clock_(clock),
        stop_(stop),
        pause_(pause),
        records_(records) {}

  /// A dry run reads one snapshot from beginning to end, so that what a load writes beside it does
  /// not count as a difference. Errors: those of Connection; not_found when there is no warehouse
  /// yet; corrupt.
  [[nodiscard]] Result<RederiveSummary> run(bool dry_run);

 private:
  /// What deriving some records did.
  struct Step {
    std::string last;  ///< Empty: there were no more.
    std::uint64_t records = 0;
    bool newly_refused = false;  ///< By the database, a record of which that was not known.
    RederiveSummary counts{};
  };

  [[nodiscard]] Result<void> open();
  [[nodiscard]] Result<void> derive();
  [[nodiscard]] Result<Step> step(const std::string& after, std::int64_t limit,
                                  const Error* refusal);
  /// Up to `limit` records behind `after`. `refusal`: why none of them can be stored; nullptr: they
  /// may be.
  [[nodiscard]] Result<Step> within_transaction(const std::string& after, std::int64_t limit,
                                                const Error* refusal);
  [[nodiscard]] Result<void> refuse(Step& step, const RecordVersions& record, const Error& error);

  const ConnectWarehouse connect_;
  const StreamTables& tables_;
  const std::string stream_;
  const Clock& clock_;
  const Stop& stop_;
  Pause& pause_;
  std::atomic<std::uint64_t>& records_;
  std::unique_ptr<sql::Connection> connection_;
  bool dry_run_ = false;
  bool has_acceptances_ = true;  ///< False: a dry run in a warehouse of an older Tidemark.
  RederiveSummary summary_;
  int refused_ = 0;  ///< By the database, of the latest records.
};

}  // namespace tidemark::load
