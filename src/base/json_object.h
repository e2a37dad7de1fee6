#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

/// One member of a JSON object; `value` is its text as it was written, without blanks around it.
/// Points into the text it was split from.
struct JsonMember {
  std::string name;  ///< Unescaped. A lone surrogate reads as U+FFFD.
  std::string_view value;
};

/// The members of the object that `text` is, in their order, duplicates too; nullopt if it is
/// another value. Numbers stay as they were written, which no tree of doubles could promise.
/// `text` must have passed check_json().
[[nodiscard]] std::optional<std::vector<JsonMember>> json_members(std::string_view text);

/// The value of the first member of that name; nullopt if the object has none, or `text` is another
/// value. `text` must have passed check_json().
[[nodiscard]] std::optional<std::string_view> json_value_of(std::string_view text,
                                                            std::string_view name);

/// The elements of the array that `text` is; nullopt if it is another value. `text` must have
/// passed check_json().
[[nodiscard]] std::optional<std::vector<std::string_view>> json_elements(std::string_view text);

/// The characters of the JSON string that `text` is; nullopt if it is another value, or holds a
/// lone surrogate. `text` must have passed check_json().
[[nodiscard]] std::optional<std::string> json_text(std::string_view text);

/// The characters that stand between the quotes of a JSON string, after their escapes; half of a
/// surrogate pair reads as U+FFFD. The string must have passed check_json().
[[nodiscard]] std::string json_unescaped(std::string_view between_quotes);

/// The same value without blanks between its tokens; order and numbers stay as written. `text` must
/// have passed check_json().
[[nodiscard]] std::string json_compact(std::string_view text);
/// The same, behind what stands in `out` already.
void append_json_compact(std::string& out, std::string_view text);

}  // namespace tidemark
