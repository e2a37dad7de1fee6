#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "load/extractor.h"
#include "load/stream_tables.h"
#include "sql/connection.h"

namespace tidemark::load {

struct DayCheckResult {
  // `2025-01-31`, however small the part of the day is:
  std::set<std::string> days{};        ///< Compared.
  std::set<std::string> missing{};     ///< Fewer were read and stored than the source counts.
  std::set<std::string> surplus{};     ///< Some are stored that the source has dropped.
  std::vector<Message> differences{};  ///< The first few, in words.
};

/// How the days of a range are asked for.
enum class DaySteps {
  single,
  /// As many together as the source takes, and one by one where those are not as many as were seen:
  /// no day has more records than the source has shown, so if all together are as many, each is.
  /// (But for a source that drops as many of one day as are missing from another.)
  together,
};

/// Of days that are compared by what the warehouse has, whoever has read it.
struct KeptCheckResult {
  std::set<std::string> days{};  ///< Compared, and the same; as in DayCheckResult.
  /// Spans of days, as long as the source takes together, of which it counts another number.
  std::vector<TimeWindow> differing{};
};

/// Of everything that the source lists.
struct TotalCheckResult {
  std::uint64_t listed = 0;   ///< By the source.
  std::uint64_t missing = 0;  ///< Of these the warehouse has not, nor were they set aside.
  std::uint64_t surplus = 0;  ///< Records of the warehouse that the source no longer lists.
};

/// Compares, day by day, what the source counts with what a scan has read and the warehouse holds:
/// the proof after a load that nothing is missing. Only rows that were seen since the scan began
/// count, so a row that the source has dropped does not stand in for one that is missing; and only
/// rows that were set aside since then, and have no row in the table, are not missed, nor those
/// that tell no time of creation. A source's count may be off for a moment (records come, a total
/// moves), so a day that differs is asked for again a few times. Sums of money no source tells: see
/// AmountCheck.
class DayCheck {
 public:
  /// `since`: when the scan began. `older`: so many records of the scan were older than what stood,
  /// and are not noted as seen by it. All others must outlive it.
  DayCheck(sql::Connection& connection, const StreamTables& tables, Extractor& extractor,
           WallTime since, std::uint64_t older = 0)
      : connection_(connection),
        tables_(tables),
        extractor_(extractor),
        since_(since),
        older_(older) {}

  /// Once. The scan must have read all of `range`. Nothing is compared where the source tells no
  /// counts; nor are days that touch one of `disputed`, of which it is known that the source's
  /// counts do not hold. Errors: those of Extractor::count() and of Connection.
  [[nodiscard]] Result<DayCheckResult> check(const TimeWindow& range,
                                             std::span<const TimeWindow> disputed = {},
                                             DaySteps steps = DaySteps::single);

  /// Whether the warehouse has as many records of the days of `range` as the source counts, also
  /// those that this scan has not read. Asks once for each span. A record that the source dropped
  /// stands in for one that is missing from the same span. Errors: those of check().
  [[nodiscard]] Result<KeptCheckResult> check_kept(const TimeWindow& range,
                                                   std::span<const TimeWindow> disputed = {});

  /// The scan must have read everything that there is, `listed` records. Errors: those of
  /// Connection.
  [[nodiscard]] Result<TotalCheckResult> check_total(std::uint64_t listed);

 private:
  using Count = Result<std::optional<std::uint64_t>>;
  /// Records of the table.
  struct Held {
    std::uint64_t all = 0;
    std::uint64_t seen = 0;  ///< Those that the source has shown since the scan began.
  };
  struct Verdict {
    bool same = false;
    std::uint64_t excused = 0;  ///< So many of the rows that were set aside it took.
  };

  /// Counts the records that `condition` is true of, which begins with ` AND` and asks for `times`:
  /// in one row, or in one for each `key`, a further column that it groups by.
  [[nodiscard]] Result<void> each_held(std::string_view key, std::string_view condition,
                                       std::initializer_list<CivilTime> times,
                                       const std::function<void(const sql::Cursor&, Held)>& take);
  [[nodiscard]] Result<Held> held(std::string_view condition,
                                  std::initializer_list<CivilTime> times = {});
  /// Those of each day (`2025-01-31`) of the range. One pass, however many days: asked day by day,
  /// SQLite would read the whole table each time, since all its rows have the same platform.
  [[nodiscard]] Result<std::map<std::string, Held>> held_by_day(const TimeWindow& range);
  /// Records of one second that were seen.
  [[nodiscard]] Result<std::uint64_t> seen_at(const CivilTime& time);
  /// Rows that were seen, and could not be stored in any state.
  [[nodiscard]] Result<std::uint64_t> set_aside();
  /// Rows that were seen, and are of no day.
  [[nodiscard]] Result<std::uint64_t> without_day();
  /// What is asked for at once.
  [[nodiscard]] std::vector<TimeWindow> spans(const TimeWindow& range,
                                              std::span<const TimeWindow> disputed,
                                              DaySteps steps) const;
  [[nodiscard]] const Held& held_of(const TimeWindow& day) const;
  [[nodiscard]] Result<void> compare_span(const TimeWindow& span, const Count& first);
  [[nodiscard]] Result<void> compare_day(const TimeWindow& day, const std::optional<Count>& first);
  void tell(const TimeWindow& day, std::uint64_t counted, const Held& held, Verdict verdict);
  [[nodiscard]] Result<bool> counts_second_behind(const TimeWindow& day, std::uint64_t behind);
  [[nodiscard]] Result<Verdict> compare(const TimeWindow& day, std::uint64_t counted,
                                        const Held& held);

  sql::Connection& connection_;
  const StreamTables& tables_;
  Extractor& extractor_;
  const WallTime since_;
  const std::uint64_t older_;
  std::map<std::string, Held> held_;
  /// Of what day a row is that could not be stored, it may not tell: so many may be missing, all
  /// days together.
  std::uint64_t allowance_ = 0;
  DayCheckResult result_;
};

}  // namespace tidemark::load
