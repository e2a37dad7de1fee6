#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/civil_time.h"
#include "base/clock.h"
#include "sql/value.h"

/// What a record's fields are as values of a row. What a platform did not tell is NULL.
namespace tidemark::load::cell {

[[nodiscard]] sql::Value number(const std::optional<std::int64_t>& value);
/// Empty: NULL.
[[nodiscard]] sql::Value text(const std::string& value);
/// `19.90` of 1990 fen.
[[nodiscard]] sql::Value yuan(const std::optional<std::int64_t>& fen);
[[nodiscard]] sql::Value time(const std::optional<CivilTime>& value);

}  // namespace tidemark::load::cell

namespace tidemark::load {

/// Writes the cells of a row one after the other, as the functions above would make them. A text
/// takes over the memory of the one that stood there before: thousands of rows are written through
/// one, and a text in a cell of its own costs more than all else of it.
class CellWriter {
 public:
  /// Begins with the first cell; what `row` holds is written over.
  explicit CellWriter(sql::Values& row) : row_(row) {}
  /// Cells behind the last one written are no longer there.
  ~CellWriter() { row_.resize(written_); }
  CellWriter(const CellWriter&) = delete;
  CellWriter& operator=(const CellWriter&) = delete;

  CellWriter& number(std::int64_t value);
  CellWriter& number(const std::optional<std::int64_t>& value);
  /// Also when it is empty.
  CellWriter& exactly(std::string_view value);
  CellWriter& text(std::string_view value);
  CellWriter& yuan(const std::optional<std::int64_t>& fen);
  CellWriter& time(const std::optional<CivilTime>& value);
  CellWriter& null();

 private:
  sql::Value& next();

  sql::Values& row_;
  std::size_t written_ = 0;
};

/// The zone of a platform's clock: `+08:00`.
[[nodiscard]] std::string zone_text(std::chrono::minutes utc_offset);
/// What that clock shows.
[[nodiscard]] CivilTime local_time(WallTime time, std::chrono::minutes utc_offset);

/// `2025-01-31`
[[nodiscard]] std::string date_text(const CivilTime& time);

}  // namespace tidemark::load
