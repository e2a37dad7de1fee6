#include "load/cell.h"

#include <fmt/format.h>

#include "load/money.h"

namespace tidemark::load {
namespace cell {

sql::Value number(const std::optional<std::int64_t>& value) {
  return value ? sql::Value(*value) : sql::Value();
}
sql::Value text(const std::string& value) { return value.empty() ? sql::Value() : value; }
sql::Value yuan(const std::optional<std::int64_t>& fen) {
  return fen ? sql::Value(yuan_text(*fen)) : sql::Value();
}
sql::Value time(const std::optional<CivilTime>& value) {
  return value ? sql::Value(value->text()) : sql::Value();
}

}  // namespace cell

sql::Value& CellWriter::next() {
  if (written_ == row_.size()) row_.emplace_back();
  return row_[written_++];
}

CellWriter& CellWriter::null() {
  next().emplace<std::monostate>();
  return *this;
}

CellWriter& CellWriter::number(std::int64_t value) {
  next() = value;
  return *this;
}

CellWriter& CellWriter::number(const std::optional<std::int64_t>& value) {
  return value ? number(*value) : null();
}

CellWriter& CellWriter::exactly(std::string_view value) {
  sql::Value& cell = next();
  if (auto* before = std::get_if<std::string>(&cell))
    before->assign(value);
  else
    cell.emplace<std::string>(value);
  return *this;
}

CellWriter& CellWriter::text(std::string_view value) {
  return value.empty() ? null() : exactly(value);
}

CellWriter& CellWriter::yuan(const std::optional<std::int64_t>& fen) {
  return fen ? exactly(yuan_text(*fen)) : null();
}

CellWriter& CellWriter::time(const std::optional<CivilTime>& value) {
  return value ? exactly(value->text()) : null();
}

std::string zone_text(std::chrono::minutes utc_offset) {
  const std::int64_t minutes = utc_offset.count() < 0 ? -utc_offset.count() : utc_offset.count();
  return fmt::format("{}{:02}:{:02}", utc_offset.count() < 0 ? '-' : '+', minutes / 60,
                     minutes % 60);
}

CivilTime local_time(WallTime time, std::chrono::minutes utc_offset) {
  return CivilTime(
      std::chrono::local_time<std::chrono::microseconds>(time.time_since_epoch() + utc_offset));
}

std::string date_text(const CivilTime& time) {
  return time.text().substr(0, std::string_view("2025-01-31").size());
}

}  // namespace tidemark::load
