#pragma once

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
  /// Folders above a file.
  [[nodiscard]] int depth() const { return static_cast<int>(parts_.size()) - 1; }

 private:
  enum class Place { literal, tenant, country, date, number, key };
  struct Piece {
    Place place;
    std::string literal;
  };
  std::vector<std::vector<Piece>> parts_;
};

/// `2025-08-19 10:00:00` → `20250819`; zero and unreadable dates → `00000000`, other texts as
/// they are.
[[nodiscard]] std::string compact_date(std::string_view date);

}  // namespace tidemark::exporter
