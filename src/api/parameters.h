#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "http/message.h"

namespace tidemark::api {

inline constexpr std::int64_t page_limit = 50;
inline constexpr std::int64_t page_limit_max = 500;

/// The parameters of a request. Every name must be known, and stand once: a slip would otherwise
/// show more than was asked for. The first fault is kept as the answer to give; after it, values
/// are empty.
class Parameters {
 public:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  /// `limit` and `cursor` are always known.
  Parameters(Pairs given, std::initializer_list<std::string_view> known);

  /// Empty if it was not given.
  [[nodiscard]] std::string text(std::string_view name) const;
  [[nodiscard]] std::optional<std::int64_t> number(std::string_view name, std::int64_t least,
                                                   std::int64_t most);
  [[nodiscard]] std::optional<WallTime> time(std::string_view name, WallTime now);
  /// 1 to `most`.
  [[nodiscard]] std::int64_t limit(std::int64_t usual = page_limit,
                                   std::int64_t most = page_limit_max);
  /// The parts of a cursor that make_cursor() made, exactly `parts` of them; none if there is no
  /// cursor.
  [[nodiscard]] std::vector<std::string> cursor(std::size_t parts);

  void fault(std::string_view name, const Message& reason);
  /// What to answer instead, if there was a fault.
  [[nodiscard]] std::optional<http::Response> take_fault() { return std::move(fault_); }

 private:
  [[nodiscard]] const std::string* find(std::string_view name) const;

  Pairs given_;
  std::optional<http::Response> fault_;
};

/// An opaque text for URLs. No part may hold a line break.
[[nodiscard]] std::string make_cursor(const std::vector<std::string>& parts);

}  // namespace tidemark::api
