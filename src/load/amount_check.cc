#include "load/amount_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "base/bytes.h"
#include "base/parse_integer.h"
#include "load/money.h"
#include "load/row_sql.h"
#include "load/schema.h"
#include "load/views/view_sql.h"
#include "sql/rows.h"

namespace tidemark::load {
namespace {

constexpr std::size_t examples_max = 5;

/// Amounts are bounded, and their number is not.
void add_amount(std::int64_t& sum, const std::optional<std::int64_t>& fen) {
  std::int64_t added = 0;
  if (__builtin_add_overflow(sum, fen.value_or(0), &added))
    added = sum < 0 ? std::numeric_limits<std::int64_t>::min()
                    : std::numeric_limits<std::int64_t>::max();
  sum = added;
}

/// What the table says, of two columns that say the same unless somebody changed one: then the
/// one that is not what was shown.
std::optional<std::int64_t> kept_amount(std::optional<std::string_view> yuan,
                                        std::optional<std::string_view> fen,
                                        const std::optional<std::int64_t>& shown) {
  const auto in_fen = fen ? parse_integer(*fen) : std::nullopt;
  if (in_fen != shown) return in_fen;
  return yuan ? fen_of_yuan(*yuan) : std::nullopt;
}

}  // namespace

std::string AmountCheck::select() const {
  std::string amounts;
  for (const std::string_view amount : tables_.amounts())
    amounts += fmt::format("t.{0}, t.{0}_fen, ", amount);
  return dialect_sql(
      fmt::format("SELECT $day(t.created_at), t.{1}, {2}r.payload FROM {0} t JOIN raw_seen s ON "
                  "s.platform=t.platform AND s.stream=? AND s.record_id=t.{1} AND s.observed_at>=? "
                  "AND s.rejected=0 JOIN raw_records r ON r.platform=s.platform AND "
                  "r.stream=s.stream AND r.record_id=s.record_id AND "
                  "r.observed_at=s.first_observed_at WHERE t.platform=? AND t.created_at>=? AND "
                  "t.created_at<=?",
                  table_name(tables_.kind()), table_of(tables_.kind()).columns[1].name, amounts),
      connection_.dialect());
}

Result<void> AmountCheck::add(const sql::Cursor& row, std::map<std::string, Day>& days) const {
  if (stop_.requested()) return fail(ErrorKind::cancelled, {"cancelled", "已取消"});
  const std::size_t count = tables_.amounts().size();
  constexpr std::size_t before = 2;  // Columns in front of the amounts, each of which is two.
  const auto shown = tables_.amounts_of(row.at(before + 2 * count).value_or(""));
  if (!shown) return {};  // Set aside meanwhile.
  Day& day = days.try_emplace(std::string(row.at(0).value_or("")), count).first->second;
  for (std::size_t i = 0; i < count; ++i) {
    const auto kept = kept_amount(row.at(before + 2 * i), row.at(before + 2 * i + 1), (*shown)[i]);
    add_amount(day[i].shown, (*shown)[i]);
    add_amount(day[i].kept, kept);
    if (kept != (*shown)[i] && day[i].ids.size() < examples_max)
      day[i].ids.emplace_back(row.at(1).value_or(""));
  }
  return {};
}

Result<AmountCheckResult> AmountCheck::check(const TimeWindow& range) {
  AmountCheckResult result;
  const auto amounts = tables_.amounts();
  if (amounts.empty()) return result;
  std::map<std::string, Day> days;
  Result<void> read =
      sql::each_row(connection_.query(select(), sql::Values{std::string(name(tables_.kind())),
                                                            utc_text(since_), tables_.platform(),
                                                            range.from.text(), range.upto.text()}),
                    [&](const sql::Cursor& row) { return add(row, days); });
  if (!read) return fail(std::move(read).error());
  result.sums.resize(amounts.size());
  for (const auto& [day, sums] : days) {
    bool off = false;
    for (std::size_t i = 0; i < amounts.size(); ++i) {
      add_amount(result.sums[i], sums[i].shown);
      if (sums[i].ids.empty()) continue;
      off = true;
      if (result.differences.size() < examples_max)
        result.differences.push_back(
            say({"{}: {} sums up to {} in the warehouse, to {} in the rows as the shop showed them "
                 "({}); `tidemark load rederive {}` mends it",
                 "{}：{} 在数仓中合计 {}，按店铺原文合计 {}（{}）；可用 tidemark load rederive {} "
                 "更正"},
                day, amounts[i], yuan_text(sums[i].kept), yuan_text(sums[i].shown),
                printable(fmt::format("{}", fmt::join(sums[i].ids, ", "))), name(tables_.kind())));
    }
    if (off) ++result.days_off;
  }
  return result;
}

}  // namespace tidemark::load
