#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json_text.h"

namespace tidemark::load::xiaoe {

/// `12.05`
[[nodiscard]] inline std::string yuan_text(std::int64_t fen) {
  return fmt::format("{}.{:02}", fen / 100, fen % 100);
}

/// Appends one JSON object to a text, member by member.
class JsonRow {
 public:
  /// `all_text`: every number comes as text, and an amount that is 0 as "".
  JsonRow(std::string& out, bool all_text) : out_(out), all_text_(all_text) { out_ += '{'; }

  void text(std::string_view name, std::string_view value) {
    begin(name);
    append_json_text(out_, value);
  }
  /// `as_text`: as the API does now and then.
  void number(std::string_view name, std::int64_t value, bool as_text = false) {
    number(name, std::to_string(value), as_text);
  }
  void number(std::string_view name, std::string_view digits, bool as_text = false) {
    begin(name);
    const std::string_view quote = as_text || all_text_ ? "\"" : "";
    out_ += quote;
    out_ += digits;
    out_ += quote;
  }
  void amount(std::string_view name, std::int64_t fen, bool as_text = false) {
    if (all_text_ && fen == 0)
      text(name, "");
    else
      number(name, fen, as_text);
  }
  /// JSON as it is.
  void raw(std::string_view name, std::string_view json) {
    begin(name);
    out_ += json;
  }
  void finish() { out_ += '}'; }

 private:
  void begin(std::string_view name) {
    if (out_.back() != '{') out_ += ',';
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }

  std::string& out_;
  const bool all_text_;
};

}  // namespace tidemark::load::xiaoe
