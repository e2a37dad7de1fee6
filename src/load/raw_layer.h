#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "load/row_sql.h"
#include "sql/connection.h"

namespace tidemark::load {

/// A row of the source with its version.
struct Observed {
  std::string id;    ///< Of the source, or `#` and the hash where it has none that can be a key.
  std::string hash;  ///< content_hash() of the payload.
  std::string payload;
  WallTime observed_at{};
};

/// 32 hex digits: XXH3 128. Tells versions apart; not meant against a forger.
[[nodiscard]] std::string content_hash(std::string_view payload);

/// What is known of a row from earlier readings.
struct Seen {
  std::string hash;
  WallTime observed_at{};
  bool rejected = false;
  WallTime first_observed_at{};  ///< Of this content. Only of a rejected one.
};

/// All that was ever seen of one record, oldest first; the last is its present state.
struct RecordVersions {
  std::string id;
  std::vector<Observed> versions;
  bool rejected = false;
};

/// What RawLayer::versions() holds at once, whatever a shop's rows look like.
inline constexpr std::size_t states_bytes_max = std::size_t{32} << 20;

/// The raw layer of one stream: every state of a row that was seen, to the byte, and for each row
/// which one is its newest. Inside the caller's transaction. Errors: those of Connection; corrupt.
class RawLayer {
 public:
  RawLayer(sql::Connection& connection, std::string platform, std::string stream)
      : connection_(connection), platform_(std::move(platform)), stream_(std::move(stream)) {}

  /// By id; others may come along.
  [[nodiscard]] Result<std::map<std::string, Seen>> seen(std::span<const std::string> ids);

  /// New states of new or known rows. `rejected[i]` tells of `rows[i]` whether it could be stored.
  [[nodiscard]] Result<void> add(std::span<const Observed* const> rows,
                                 const std::vector<bool>& is_new, const std::vector<bool>& rejected,
                                 std::string_view scan_id);
  /// The rows were seen again, with the content they had. Never sets a stamp back. Faster with the
  /// object that was asked for the rows with seen().
  [[nodiscard]] Result<void> seen_again(std::span<const Observed* const> rows,
                                        std::string_view scan_id);
  [[nodiscard]] Result<void> mark_rejected(const std::string& id);
  /// A row that was rejected can be stored now: it is no longer among the rejects.
  [[nodiscard]] Result<void> mend(const std::string& id);

  /// The present payload of each of the ids that is known.
  [[nodiscard]] Result<std::map<std::string, std::string>> present_payloads(
      std::span<const std::string> ids);

  /// The record was seen in the future: a clock was wrong. Its states that bear such stamps, behind
  /// `latest`, become states from just before `now`, in their order and behind those that are
  /// right. Returns when it was last seen by the stamps as they are then.
  [[nodiscard]] Result<WallTime> redate(const std::string& id, WallTime latest, WallTime now);

  /// All states of a record, oldest first.
  [[nodiscard]] Result<std::vector<Observed>> states_of(const std::string& id);
  /// Up to `limit` records whose id is behind `after`, by id; with all their states, or only the
  /// present one. Fewer where they have states_bytes_max or more: no other comes behind the one
  /// that reaches it, however long that is.
  [[nodiscard]] Result<std::vector<RecordVersions>> versions(const std::string& after,
                                                             std::int64_t limit, bool all_states);

 private:
  [[nodiscard]] Condition own() const;
  /// Which rows of raw_seen have these ids: ranges that hold nothing else, lists of the others.
  [[nodiscard]] std::vector<Condition> exactly(std::vector<std::string> ids) const;

  sql::Connection& connection_;
  const std::string platform_;
  const std::string stream_;
  /// Where each id stands among all of the range that seen() has read, if it was a range.
  std::unordered_map<std::string, std::size_t> places_;
};

}  // namespace tidemark::load
