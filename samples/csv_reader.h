#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tidemark::samples {

/// Fills a buffer with the next bytes of an input; 0 at its end.
using ByteSource = std::function<Result<std::size_t>(char* into, std::size_t limit)>;

/// Reads comma-separated values as RFC 4180 defines them, record by record: fields in quotes may
/// hold commas, line breaks and doubled quotes; records end with LF or CRLF. A byte order mark in
/// front is skipped, empty lines are not: they are records of one empty field. Anything else (a
/// quote inside a bare field, text after a closing quote, an unclosed quote, a record of more than
/// `max_record` bytes) is an error that names the line: nothing is guessed.
class CsvReader {
 public:
  static constexpr std::size_t max_record = 1 << 20;

  explicit CsvReader(ByteSource source) : source_(std::move(source)) {}

  /// Moves to the next record; false at the end.
  /// Errors: corrupt (naming the line), those of the source.
  [[nodiscard]] Result<bool> next();

  /// The fields of the current record, unquoted. Valid until next().
  [[nodiscard]] const std::vector<std::string>& fields() const { return fields_; }
  /// The line on which the current record began, from 1.
  [[nodiscard]] std::int64_t line() const { return record_line_; }

 private:
  enum class State { field_start, bare, quoted, after_quote, carriage_return };

  /// True if there are bytes to read.
  Result<bool> fill();
  /// How many of the next bytes belong to the current field as they are.
  [[nodiscard]] std::size_t plain_bytes() const;
  /// Takes one byte; true when it ended the record.
  Result<bool> take(char c);
  Result<bool> finish();
  void end_field();
  [[nodiscard]] std::unexpected<Error> broken(std::string_view en, std::string_view zh) const;

  ByteSource source_;
  std::vector<char> buffer_;
  std::size_t at_ = 0;
  std::size_t size_ = 0;
  bool started_ = false;
  std::int64_t line_ = 1;
  std::int64_t record_line_ = 1;
  State state_ = State::field_start;
  std::vector<std::string> fields_;
  std::size_t count_ = 0;  ///< Fields of the record that are complete; their memory is reused.
  std::string field_;
};

/// Whole text as a source; `text` must outlive it.
[[nodiscard]] ByteSource text_source(std::string_view text);

}  // namespace tidemark::samples
