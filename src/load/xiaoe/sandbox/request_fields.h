#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_object.h"

namespace tidemark::load::xiaoe {

/// The flat JSON body of a request. null and "" are as if the field were not there; numbers may
/// come as text. The body must have passed check_json() and outlive it.
class RequestFields {
 public:
  explicit RequestFields(std::string_view body)
      : members_(json_members(body).value_or(std::vector<JsonMember>())) {}

  [[nodiscard]] bool has(std::string_view name) const { return !value(name).empty(); }
  [[nodiscard]] std::string text(std::string_view name) const;
  /// nullopt where there is none; what is no whole number is remembered as wrong.
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name);
  /// JSON as it was written; empty if it is not there.
  [[nodiscard]] std::string_view value(std::string_view name) const;

  /// Remembers the first thing that is wrong, a sentence that names the field.
  void reject(std::string_view why) {
    if (wrong_.empty()) wrong_ = why;
  }
  void require(bool holds, std::string_view why) {
    if (!holds) reject(why);
  }
  /// Empty: nothing.
  [[nodiscard]] const std::string& wrong() const { return wrong_; }

 private:
  std::vector<JsonMember> members_;
  std::string wrong_;
};

/// A page of a list, counted from 1.
struct PageQuery {
  std::uint64_t page = 1;
  std::uint64_t size = 0;

  [[nodiscard]] std::uint64_t first() const { return (page - 1) * size; }
  bool operator==(const PageQuery&) const = default;
};

}  // namespace tidemark::load::xiaoe
