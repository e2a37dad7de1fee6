#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/civil_time.h"
#include "base/clock.h"
#include "base/result.h"
#include "load/raw_layer.h"
#include "load/stream_kind.h"
#include "load/time_window.h"
#include "load/transform.h"
#include "sql/connection.h"

namespace tidemark::load {

/// A record that was known and is different now.
struct ChangedRecord {
  std::string id;
  std::optional<CivilTime> created_at{};
  CivilTime seen_at{};  ///< By the clock of the platform's zone.
  /// It is one of the changes for which records are read again (for an order: what order_history
  /// keeps); those that the usual re-scan no longer reaches are reported.
  bool watched = false;
};

struct TableChanges {
  std::uint64_t inserted = 0;
  std::uint64_t unchanged = 0;  ///< Not touched.
  std::vector<ChangedRecord> changed{};
  /// Of those inserted, the ones that Applying::complete says should have been known.
  std::vector<ChangedRecord> late{};
  /// Deriving again: records whose history was not what their states say.
  std::uint64_t histories = 0;
};

/// What a row of the source tells of the amounts of its record.
struct ShownAmounts {
  CivilTime created_at{};
  std::vector<std::optional<std::int64_t>> fen{};  ///< One for each of StreamTables::amounts().
};

struct Applying {
  bool write = true;    ///< False: only compares.
  bool history = true;  ///< False: what changed is not noted.
  /// Records that were created in it should be known,
  std::optional<TimeWindow> complete{};
  /// but for these spans.
  std::span<const TimeWindow> unproven{};

  [[nodiscard]] bool expects(const CivilTime& created_at) const {
    return complete && complete->covers(created_at) &&
           std::ranges::none_of(unproven,
                                [&](const TimeWindow& span) { return span.covers(created_at); });
  }
  /// The rows are derived again from the raw layer, at this moment: rows that are wrong count as
  /// changed now, and histories are made what the states say.
  std::optional<WallTime> derived_at{};
};

/// Records on their way from the raw layer into the business tables of a stream. Used once; not
/// thread-safe.
class StreamBatch {
 public:
  virtual ~StreamBatch() = default;

  /// The states of one record that are new, oldest first, the last being the present one. Records
  /// must come sorted by id, each once. Codes without a text are added to `unknown`.
  /// Errors: rejected: the present state cannot be stored, and why; then the newest one that can
  /// was taken in its place, if there is one: what a load keeps that sets a state aside.
  [[nodiscard]] virtual Result<void> take(std::span<const Observed> states,
                                          std::vector<UnknownCode>& unknown) = 0;
  [[nodiscard]] virtual std::uint64_t size() const = 0;

  /// Compares what was taken with the tables, and writes what is new or different; a row without
  /// news is not touched. Inside the caller's transaction, which must keep other writers of the
  /// stream out. Errors: those of Connection.
  [[nodiscard]] virtual Result<TableChanges> apply(sql::Connection& connection,
                                                   const Applying& applying) = 0;
};

/// The business tables of one stream of one platform: how a raw row becomes rows of them.
/// Thread-safe.
class StreamTables {
 public:
  virtual ~StreamTables() = default;
  [[nodiscard]] virtual StreamKind kind() const = 0;
  [[nodiscard]] virtual const std::string& platform() const = 0;
  [[nodiscard]] virtual std::unique_ptr<StreamBatch> batch() const = 0;
  /// Columns of money of the table that follow from each row of the source alone: `price`, of which
  /// the table has `price_fen` as well.
  [[nodiscard]] virtual std::span<const std::string_view> amounts() const { return {}; }
  /// What a row tells of them. Errors: rejected.
  [[nodiscard]] virtual Result<ShownAmounts> amounts_of(std::string_view /*payload*/) const {
    return ShownAmounts();
  }
  /// Of a row that is as it was when it was stored: adds its codes without a text. What is unknown
  /// is told each time that it is read, where that costs little; others tell of new rows only.
  /// Errors: rejected: it was stored by an older Tidemark, and cannot be any more.
  [[nodiscard]] virtual Result<void> look_again(std::string_view /*payload*/,
                                                std::vector<UnknownCode>& /*unknown*/) const {
    return {};
  }
  /// Whether deriving again needs all states of a record, and not only the present one.
  [[nodiscard]] virtual bool keeps_history() const { return false; }

  /// Whether the source stamps its rows, so that version_of() tells which of two is newer. Where it
  /// does not, the moment of the question decides (decision 0012).
  [[nodiscard]] virtual bool stamped() const { return false; }
  /// The source's own stamp of the row; nullopt if it has none. `payload` has passed check_json().
  [[nodiscard]] virtual std::optional<CivilTime> version_of(std::string_view /*payload*/) const {
    return std::nullopt;
  }
};

}  // namespace tidemark::load
