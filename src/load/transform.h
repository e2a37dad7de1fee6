#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tidemark::load {

/// `order_state 99`: a code without a text. Reported, never guessed. An empty code: the field
/// itself is not told, and sums are wrong without it.
struct UnknownCode {
  std::string field;
  std::string code;
  friend auto operator<=>(const UnknownCode&, const UnknownCode&) = default;
};

/// Makes a record of a raw row: pure, so that the same row always gives the same record.
template <class Record>
class RecordTransform {
 public:
  virtual ~RecordTransform() = default;
  /// `payload` has passed check_json(). Codes without a text are added to `unknown`.
  /// Errors: rejected, saying which field cannot be stored and why.
  [[nodiscard]] virtual Result<Record> transform(std::string_view payload,
                                                 std::vector<UnknownCode>& unknown) const = 0;
};

}  // namespace tidemark::load
