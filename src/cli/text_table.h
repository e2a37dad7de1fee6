#pragma once

#include <string>
#include <vector>

namespace tidemark::cli {

/// A table for people: columns as wide as they need to be on a terminal (Chinese counts two), two
/// blanks between them, control characters made visible. The first row is the heading.
class TextTable {
 public:
  enum class Align { left, right };
  explicit TextTable(std::vector<Align> columns) : columns_(std::move(columns)) {}

  /// One cell a column.
  void add(std::vector<std::string> row);
  /// Every line ends with a newline, and none with a blank. Empty without a row.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<Align> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace tidemark::cli
