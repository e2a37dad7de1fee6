#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "load/time_window.h"
#include "sql/connection.h"

namespace tidemark::load {

enum class GapKind {
  disputed,  ///< Could not be read whole, however often: see WindowReading::unproven.
  imported,  ///< Taken over from another program, which said that it has read it.
};
/// `disputed`: in the warehouse, and in JSON.
[[nodiscard]] std::string_view name(GapKind kind);

/// A span of times that no scan has proven. The watermark passes over it, or one bad second would
/// hold it up for ever; so it is kept by name, and read again until it agrees or somebody accepts
/// it.
struct Gap {
  TimeWindow span;
  GapKind kind = GapKind::disputed;
  WallTime found_at{};
  std::optional<WallTime> accepted_at{};  ///< Of a disputed one: nobody reads it again.
  std::string accepted_reason{};

  /// It makes runs partial, and is read again.
  [[nodiscard]] bool open() const { return kind == GapKind::disputed && !accepted_at; }
};

/// The spans of the gaps of that kind.
[[nodiscard]] std::vector<TimeWindow> spans_of(std::span<const Gap> gaps);
[[nodiscard]] std::vector<TimeWindow> spans_of(std::span<const Gap> gaps, GapKind kind);

/// What the reading of a window says of gaps.
struct GapNews {
  TimeWindow window;                   ///< What was read. May be empty: then nothing is said.
  std::vector<TimeWindow> unproven{};  ///< Of it, what is still not proven.
};

/// The gaps of one stream. Inside the caller's transaction, which must keep other writers of the
/// stream out. Errors: those of Connection; corrupt.
class GapStore {
 public:
  GapStore(sql::Connection& connection, std::string platform, std::string stream)
      : connection_(connection), platform_(std::move(platform)), stream_(std::move(stream)) {}

  /// By time.
  [[nodiscard]] Result<std::vector<Gap>> all();
  /// Closes what is proven now, and notes what is not.
  [[nodiscard]] Result<void> take(const GapNews& news, WallTime now);
  [[nodiscard]] Result<void> add(const Gap& gap);
  /// Accepts the open ones that lie in `range`; returns how many.
  [[nodiscard]] Result<std::int64_t> accept(const TimeWindow& range, const std::string& reason,
                                            WallTime now);

 private:
  sql::Connection& connection_;
  const std::string platform_;
  const std::string stream_;
};

}  // namespace tidemark::load
