#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemark::load {

/// What a column of a sheet holds, for the program that opens it.
enum class CellKind {
  id,    ///< Digits are a name, not a number.
  text,  ///< From outside; may be anything.
  word,  ///< Ours: `granted`, `+08:00`.
  integer,
  money,  ///< `-19.90`
  time,   ///< `2025-01-31 08:00:00`
};

struct SheetColumn {
  std::string header;
  CellKind kind = CellKind::text;
};

/// One value a column; nullopt for an empty cell.
using SheetCells = std::span<const std::optional<std::string>>;

/// Writes one table for a spreadsheet, row by row, in bounded memory. One caller at a time.
/// Errors: no_space, io; rejected for a value that no sheet can hold.
class SheetWriter {
 public:
  virtual ~SheetWriter() = default;
  [[nodiscard]] virtual Result<void> row(SheetCells cells) = 0;
  /// After the last row. What was written is complete after it, and not before.
  [[nodiscard]] virtual Result<void> finish() = 0;
};

/// Takes the bytes of a file or stream in order.
using ByteSink = std::function<Result<void>(std::string_view)>;

}  // namespace tidemark::load
