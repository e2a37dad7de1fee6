#include "load/amount_check.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "base/bytes.h"
#include "base/civil_time.h"
#include "base/parse_integer.h"
#include "load/cell.h"
#include "load/money.h"
#include "load/row_sql.h"
#include "load/schema.h"
#include "sql/rows.h"

namespace tidemark::load {
namespace {

constexpr std::size_t examples_max = 5;
/// Columns of the query in front of the amounts, each of which is two: the id, when it was created.
constexpr std::size_t columns_before = 2;

/// Amounts are bounded, and their number is not.
void add_amount(std::int64_t& sum, const std::optional<std::int64_t>& fen) {
  std::int64_t added = 0;
  if (__builtin_add_overflow(sum, fen.value_or(0), &added))
    added = sum < 0 ? std::numeric_limits<std::int64_t>::min()
                    : std::numeric_limits<std::int64_t>::max();
  sum = added;
}

std::string listed(const std::vector<std::string>& ids, std::uint64_t all) {
  return printable(fmt::format("{}{}", fmt::join(ids, ", "), all > ids.size() ? ", …" : ""));
}

}  // namespace

std::string AmountCheck::select(AmountScope scope, bool by_table_time) const {
  std::string amounts;
  for (const std::string_view amount : tables_.amounts())
    amounts += fmt::format("t.{0}, t.{0}_fen, ", amount);
  return fmt::format(
      "SELECT t.{1}, t.created_at, {2}r.payload FROM {0} t JOIN raw_seen s ON "
      "s.platform=t.platform AND s.stream=? AND s.record_id=t.{1} AND s.observed_at>=? "
      "AND s.rejected=0{3} JOIN raw_records r ON r.platform=s.platform AND "
      "r.stream=s.stream AND r.record_id=s.record_id AND r.observed_at=s.first_observed_at "
      "WHERE t.platform=?{4}",
      table_name(tables_.kind()), table_of(tables_.kind()).columns[1].name, amounts,
      scope == AmountScope::news ? " AND s.first_observed_at>=?" : "",
      by_table_time ? " AND t.created_at>=? AND t.created_at<=?" : "");
}

void AmountCheck::compare_created(Day& day, const sql::Cursor& row, const CivilTime& shown) const {
  const std::optional<CivilTime> kept = CivilTime::parse(row.at(1).value_or(""));
  if (kept == shown) return;
  ++day.created_at.off;
  if (day.created_at.ids.size() < examples_max)
    day.created_at.ids.push_back(fmt::format("{}: {} / {}", row.at(0).value_or(""),
                                             row.at(1).value_or("NULL"), shown.text()));
}

Result<void> AmountCheck::add(const sql::Cursor& row, const std::optional<TimeWindow>& shown_in) {
  if (stop_.requested()) return fail(ErrorKind::cancelled, {"cancelled", "已取消"});
  const std::size_t count = tables_.amounts().size();
  const auto shown = tables_.amounts_of(row.at(columns_before + 2 * count).value_or(""));
  if (!shown) return {};  // Set aside meanwhile.
  if (shown_in && !shown_in->covers(shown->created_at)) return {};
  ++records_;
  Day& day = days_[date_text(shown->created_at)];
  day.amounts.resize(count);
  compare_created(day, row, shown->created_at);
  for (std::size_t i = 0; i < count; ++i) {
    Amount& amount = day.amounts[i];
    add_amount(amount.shown, shown->fen[i]);
    const auto hold = [&](Kept& kept, const std::optional<std::int64_t>& fen) {
      add_amount(kept.sum, fen);
      if (fen == shown->fen[i]) return;
      ++kept.off;
      if (kept.ids.size() < examples_max) kept.ids.emplace_back(row.at(0).value_or(""));
    };
    const auto yuan = row.at(columns_before + 2 * i), fen = row.at(columns_before + 2 * i + 1);
    hold(amount.yuan, yuan ? fen_of_yuan(*yuan) : std::nullopt);
    hold(amount.fen, fen ? parse_integer(*fen) : std::nullopt);
  }
  return {};
}

std::vector<Message> AmountCheck::differences(const std::string& date, const Day& day) const {
  std::vector<Message> told;
  if (day.created_at.off > 0)
    told.push_back(say({"{}: created_at in the warehouse is not what the shop showed ({}); "
                        "`tidemark load rederive {}` mends it",
                        "{}：数仓中的 created_at 与店铺原文不一致（{}）；可用 tidemark load "
                        "rederive {} 更正"},
                       date, listed(day.created_at.ids, day.created_at.off), name(tables_.kind())));
  for (std::size_t i = 0; i < day.amounts.size(); ++i) {
    const Amount& amount = day.amounts[i];
    const auto tell = [&](const std::string& column, const Kept& kept) {
      told.push_back(
          say({"{}: {} sums up to {} in the warehouse, to {} in the rows as the shop showed them "
               "({}); `tidemark load rederive {}` mends it",
               "{}：{} 在数仓中合计 {}，按店铺原文合计 {}（{}）；可用 tidemark load rederive {} "
               "更正"},
              date, column, yuan_text(kept.sum), yuan_text(amount.shown),
              listed(kept.ids, kept.off), name(tables_.kind())));
    };
    const std::string column(tables_.amounts()[i]);
    if (amount.yuan.off > 0) tell(column, amount.yuan);
    // Who changes an amount changes both columns mostly, which is told once.
    const bool same = amount.fen.sum == amount.yuan.sum && amount.fen.off == amount.yuan.off &&
                      amount.fen.ids == amount.yuan.ids;
    if (amount.fen.off > 0 && !same) tell(column + "_fen", amount.fen);
  }
  return told;
}

Result<AmountCheckResult> AmountCheck::check(const std::optional<TimeWindow>& range,
                                             AmountScope scope) {
  AmountCheckResult result;
  const auto amounts = tables_.amounts();
  if (amounts.empty()) return result;
  records_ = 0;
  days_.clear();
  sql::Values values{std::string(name(tables_.kind())), utc_text(since_)};
  if (scope == AmountScope::news) values.emplace_back(utc_text(since_));
  values.emplace_back(tables_.platform());
  const bool by_table_time = range && scope != AmountScope::moved;
  const std::optional<TimeWindow> shown_in = by_table_time ? std::nullopt : range;
  if (by_table_time) {
    values.emplace_back(range->from.text());
    values.emplace_back(range->upto.text());
  }
  Result<void> read = sql::each_row(connection_.query(select(scope, by_table_time), values),
                                    [&](const sql::Cursor& row) { return add(row, shown_in); });
  if (!read) return fail(std::move(read).error());
  result.records = records_;
  result.sums.resize(amounts.size());
  for (const auto& [date, day] : days_) {
    for (std::size_t i = 0; i < amounts.size(); ++i)
      add_amount(result.sums[i], day.amounts[i].shown);
    std::vector<Message> told = differences(date, day);
    if (!told.empty()) result.days_off.insert(date);
    for (Message& difference : told)
      if (result.differences.size() < examples_max)
        result.differences.push_back(std::move(difference));
  }
  return result;
}

}  // namespace tidemark::load
