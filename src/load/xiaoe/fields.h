#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/civil_time.h"
#include "base/json_object.h"
#include "base/result.h"
#include "load/code_table.h"
#include "load/transform.h"

namespace tidemark::load::xiaoe {

/// The fields of one row of the API, whatever type they came in: numbers may come as text, "" and
/// null mean none, a zero date means that it did not happen. Remembers the first that cannot be
/// stored.
class Fields {
 public:
  /// Longer texts do not fit a column everywhere.
  static constexpr std::size_t text_bytes_max = 16'000;

  /// The members must outlive it.
  explicit Fields(const std::vector<JsonMember>& members) : members_(members) {}

  /// The first field that could not be stored, or was missing: rejected.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

  /// A text, or a number as it was written. Empty if there is none.
  [[nodiscard]] std::string text(std::string_view name, std::size_t bytes_max = text_bytes_max);
  /// Fits a key of the warehouse's tables.
  [[nodiscard]] std::string id(std::string_view name);
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name);
  /// In fen; `fen` reads the unit that the API uses for the field.
  [[nodiscard]] std::optional<std::int64_t> money(
      std::string_view name, std::optional<std::int64_t> (*fen)(std::string_view));
  [[nodiscard]] std::optional<CivilTime> time(std::string_view name);
  /// As it came: an array, or one value.
  [[nodiscard]] std::string verbatim(std::string_view name);
  /// The value's JSON text; nullopt if it is missing or null.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;

  /// The record cannot be without that field.
  void missing(std::string_view name);

 private:
  void refuse(std::string_view name, std::string_view value);

  const std::vector<JsonMember>& members_;
  std::optional<Error> error_;
};

/// The text of a code; empty if there is no code, or none is known for it, which is added to
/// `unknown`.
[[nodiscard]] std::string coded(std::span<const CodeText> table, std::string_view field,
                                std::optional<std::int64_t> code,
                                std::vector<UnknownCode>& unknown);

}  // namespace tidemark::load::xiaoe
