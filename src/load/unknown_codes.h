#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "load/transform.h"

namespace tidemark::load {

/// Codes without a text that a run has met. A source may hold as many as it has rows (a column of a
/// file that was taken for a state), so of each field only the first are kept.
class UnknownCodes {
 public:
  static constexpr std::size_t codes_max = 100;  ///< Of one field.

  struct OfField {
    std::map<std::string, std::uint64_t> codes{};  ///< With how often each was told.
    std::uint64_t more = 0;  ///< So often another one was told that was not kept.
  };

  void add(const UnknownCode& code) { add(code.field, code.code, 1); }
  void add(const UnknownCodes& others);
  /// By name of the field.
  [[nodiscard]] const std::map<std::string, OfField>& fields() const { return fields_; }
  [[nodiscard]] bool empty() const { return fields_.empty(); }

 private:
  void add(const std::string& field, const std::string& code, std::uint64_t times);

  std::map<std::string, OfField> fields_;
};

}  // namespace tidemark::load
