#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tidemark::load::file {

/// Fills a buffer with the next bytes of an input; 0 at its end.
using ByteSource = std::function<Result<std::size_t>(char* into, std::size_t limit)>;

enum class Format {
  csv,     ///< RFC 4180: commas, quotes.
  tsv,     ///< Tabs, and no quotes.
  ndjson,  ///< One JSON object on a line.
};
[[nodiscard]] std::string_view name(Format format);
[[nodiscard]] std::optional<Format> format_named(std::string_view name);

/// Cuts an input into its rows, each to the byte as it stands there, without its line end. Empty
/// lines and a byte order mark in front are passed over. Holds one row. Not thread-safe.
class RowReader {
 public:
  static constexpr std::size_t row_bytes_max = std::size_t{1} << 20;

  RowReader(ByteSource source, Format format) : source_(std::move(source)), format_(format) {}

  /// Moves to the next row; false at the end. Errors: corrupt: a row is too long, or a quote is
  /// not closed (naming the line; where the next row begins cannot be known); those of the source.
  [[nodiscard]] Result<bool> next();
  [[nodiscard]] const std::string& row() const { return row_; }
  /// On which the row began, from 1.
  [[nodiscard]] std::uint64_t line() const { return row_line_; }

 private:
  [[nodiscard]] Result<bool> fill();
  [[nodiscard]] Result<bool> read_row();

  const ByteSource source_;
  const Format format_;
  std::string buffer_;
  std::size_t at_ = 0;
  bool started_ = false;
  std::uint64_t line_ = 1;
  std::uint64_t row_line_ = 1;
  std::string row_;
};

/// The fields of a row of a CSV or TSV file, unquoted; nullopt where RFC 4180 is broken: a quote
/// inside a bare field (but for `="0012"`, which is the text 0012, quoted or not), text behind a
/// closing quote.
[[nodiscard]] std::optional<std::vector<std::string>> fields_of(std::string_view row,
                                                                Format format);

}  // namespace tidemark::load::file
