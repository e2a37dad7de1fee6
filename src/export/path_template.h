#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "export/chunk.h"

namespace tidemark::exporter {

/// `{tenant}/{country}/{date}+{number}`: where a row's file goes. Places: tenant, country, date
/// (yyyymmdd), number, key. Immutable; thread-safe.
class PathTemplate {
 public:
  /// Errors: invalid_config (unknown place, unclosed brace, absolute path, empty part, no place
  /// that tells rows apart).
  [[nodiscard]] static Result<PathTemplate> parse(std::string_view text);

  /// The path without extension, every part cleaned.
  [[nodiscard]] std::string stem(const SourceRow& row) const;
  /// Whether some row with a readable date, or none, could have this stem: the fixed texts stand
  /// where they belong, dates are 8 digits, no place is empty. A collision mark may follow.
  [[nodiscard]] bool could_make(std::string_view stem) const;

 private:
  enum class Place { literal, tenant, country, date, number, key };
  struct Piece {
    Place place;
    std::string literal;
  };
  [[nodiscard]] static bool could_make(std::string_view part, std::span<const Piece> pieces);

  std::vector<std::vector<Piece>> parts_;
};

/// `2025-08-19 10:00:00` → `20250819`; zero and unreadable dates → `00000000`, other texts as
/// they are.
[[nodiscard]] std::string compact_date(std::string_view date);

}  // namespace tidemark::exporter
