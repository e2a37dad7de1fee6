#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "sql/value.h"

namespace tidemark::relay {

/// A WHERE clause that grows: conditions joined by AND, each with its parameters.
class Where {
 public:
  template <class... Params>
  void add(std::string_view condition, Params&&... params) {
    text_ += text_.empty() ? " WHERE (" : " AND (";
    text_ += condition;
    text_ += ')';
    (params_.emplace_back(std::forward<Params>(params)), ...);
  }
  /// `column = value`, unless the value is empty.
  void equal(std::string_view column, const std::string& value) {
    if (!value.empty()) add(std::string(column) + " = ?", value);
  }
  [[nodiscard]] const std::string& text() const { return text_; }
  /// The parameters, `last` behind them.
  template <class... Params>
  [[nodiscard]] sql::Values params(Params&&... last) const {
    sql::Values all = params_;
    (all.emplace_back(std::forward<Params>(last)), ...);
    return all;
  }

 private:
  std::string text_;
  sql::Values params_;
};

}  // namespace tidemark::relay
