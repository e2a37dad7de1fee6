#include "watermark/boundary.h"

#include <algorithm>

namespace tidemark::watermark {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

/// Cut down to what the state file can say (whole seconds) and the column can hold (days).
CivilTime cut(CivilTime time, const BoundaryOptions& options) {
  if (!options.whole_days) return time.floor_to(0);
  return CivilTime{std::chrono::floor<std::chrono::days>(time.time())};
}

/// The largest cut time that is strictly before `time` as the column would store it.
CivilTime strictly_before(CivilTime time, const BoundaryOptions& options) {
  const CivilTime stored =
      options.whole_days ? cut(time, options) : time.floor_to(options.decimals);
  return cut(stored - microseconds{1}, options);
}

}  // namespace

Result<Boundary> fix_boundary(sql::Connection& connection, const BoundaryOptions& options) {
  // The clock first: what starts after this reading stamps later than it.
  const Result<CivilTime> now = connection.now();
  if (!now) return std::unexpected(now.error());

  Boundary boundary{.now = *now, .upto = *now, .margin = options.margin};
  boundary.upto = std::min(cut(*now - options.margin, options), strictly_before(*now, options));
  if (!options.fence) return boundary;

  const Result<sql::OpenTransactions> open = connection.open_transactions();
  if (!open) return std::unexpected(open.error());
  if (!open->complete) boundary.missing_grant = open->missing_grant;
  if (connection.dialect() == sql::Dialect::mysql) {
    boundary.upto = std::min(boundary.upto, strictly_before(*now - fence_slack, options));
  }
  if (open->oldest) {
    const CivilTime since = *now - open->oldest->age;
    // A prepared transaction shows when it was prepared, not when it began and took its stamp:
    // allow it the margin once more.
    const microseconds slack = open->oldest->start_unknown
                                   ? std::max<microseconds>(fence_slack, options.margin)
                                   : microseconds{fence_slack};
    const CivilTime fence = strictly_before(since - slack, options);
    if (fence < boundary.upto) {
      boundary.upto = fence;
      boundary.held_back_by = Boundary::Holder{.who = open->oldest->who, .since = since};
    }
  }
  return boundary;
}

}  // namespace tidemark::watermark
