#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "export/chunk.h"
#include "export/content_hash.h"
#include "export/key.h"
#include "export/row_sink.h"

namespace tidemark::exporter {

/// What makes the file of a row: its name and its content. Rows of one key that look alike are as
/// good as one.
struct RowLook {
  std::string tenant;
  std::string country;
  std::string date;
  std::string number;
  ContentHash hash;

  [[nodiscard]] static RowLook of(const SourceRow& row, const ContentHash& hash);
  friend auto operator<=>(const RowLook&, const RowLook&) = default;
  friend bool operator==(const RowLook&, const RowLook&) = default;
};

/// A key that stands in rows that differ, and which of them the tree has. It follows from these
/// rows and from what the tree held before, so that all who meet the key in one run decide alike,
/// each with rows of it or without.
struct DoubledKey {
  /// Of all its rows, in whatever order, and of which of them could not be exported: see
  /// Reject::hash.
  ContentHash hash;
  std::optional<RowLook> kept;  ///< None: there is none whose file could be written.
  bool awaits_file = false;     ///< `kept` is good, and the tree does not have it.
  RowLook left_out;             ///< The first of the others.
  bool is_accepted = false;     ///< Somebody accepted that just these rows share it.
};

/// The rows that have one key, as far as somebody met them.
class RowsOfKey {
 public:
  struct Row {
    RowLook look;
    Held held = Held::nothing;
    bool is_read = true;  ///< The run's filters let it through.
    bool is_good = true;  ///< Valid, with all fields that are required.
  };
  void add(Row row);
  /// With those that look alike.
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] bool differ() const { return rows_.size() > 1; }
  /// Of rows that differ. Kept is the row that the tree holds; else the one whose name it holds;
  /// else the smallest good one, by its tenant, country, date and number.
  [[nodiscard]] DoubledKey decided() const;

 private:
  struct State {
    Held held;
    bool is_read;
    bool is_good;
  };
  [[nodiscard]] static int rank_of(const State& state);

  std::uint64_t count_ = 0;
  std::map<RowLook, State> rows_;
};

/// What the reject list says of a doubled key.
struct ListedKey {
  ContentHash hash;
  bool accepted = false;
};

}  // namespace tidemark::exporter
