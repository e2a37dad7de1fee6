#include "config/key.h"

#include <algorithm>
#include <ranges>

#include "base/nearest.h"

namespace tidemark::config {
namespace {

constexpr std::string_view variable_prefix = "TIDEMARK_";
constexpr std::size_t table_name_letters_max = 64;

/// Takes the first segment off the front.
std::string_view take_segment(std::string_view& key) {
  const std::size_t dot = key.find('.');
  const std::string_view segment = key.substr(0, dot);
  key = dot == std::string_view::npos ? std::string_view{} : key.substr(dot + 1);
  return segment;
}

bool segment_matches(std::string_view pattern, std::string_view segment) {
  return pattern == "*" ? is_table_name(segment) : pattern == segment;
}

/// Whether `key` is `pattern`, or with `prefix` the beginning of it (whole segments).
bool matches(std::string_view pattern, std::string_view key, bool prefix) {
  if (key.ends_with('.')) return false;
  while (!key.empty()) {
    if (pattern.empty()) return false;
    if (!segment_matches(take_segment(pattern), take_segment(key))) return false;
  }
  return pattern.empty() != prefix;
}

}  // namespace

const Option* option_of(std::string_view key) {
  const auto options = all_options();
  const auto found = std::ranges::find_if(
      options, [&](const Option& option) { return matches(option.key, key, false); });
  return found == options.end() ? nullptr : &*found;
}

bool is_table_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && name.size() <= table_name_letters_max && name.front() >= 'a' &&
         name.front() <= 'z' && name.back() != '_' && std::ranges::all_of(name, allowed) &&
         !name.contains("__");
}

bool is_table_key(std::string_view key) {
  return std::ranges::any_of(all_options(),
                             [&](const Option& option) { return matches(option.key, key, true); });
}

std::string_view table_name_in(std::string_view key) {
  for (const Option& option : all_options()) {
    std::string_view pattern = option.key, rest = key;
    while (!pattern.empty() && !rest.empty()) {
      const std::string_view wanted = take_segment(pattern), segment = take_segment(rest);
      if (wanted == "*") return segment;
      if (wanted != segment) break;
    }
  }
  return {};
}

std::string concrete_key(std::string_view pattern, std::string_view table) {
  std::string key{pattern};
  if (const std::size_t star = key.find('*'); star != std::string::npos)
    key.replace(star, 1, table);
  return key;
}

std::vector<std::string> concrete_keys(const TableNames& tables) {
  std::vector<std::string> keys;
  const auto options = all_options();
  for (std::size_t from = 0; from < options.size();) {
    // A run of options below the same `*` is listed table by table.
    std::size_t upto = from + 1;
    const bool named = options[from].key.contains('*');
    while (upto < options.size() && options[upto].key.contains('*') == named) ++upto;
    const auto run = options.subspan(from, upto - from);
    if (named) {
      for (const std::string& table : tables)
        for (const Option& option : run) keys.push_back(concrete_key(option.key, table));
    } else {
      for (const Option& option : run) keys.emplace_back(option.key);
    }
    from = upto;
  }
  return keys;
}

std::string variable_of(std::string_view key) {
  std::string variable{variable_prefix};
  for (const char c : key) {
    if (c == '.') {
      variable += "__";
    } else {
      variable += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }
  return variable;
}

std::optional<std::string> key_of_variable(std::string_view variable) {
  if (!variable.starts_with(variable_prefix)) return std::nullopt;
  variable.remove_prefix(variable_prefix.size());
  std::string key;
  for (std::size_t i = 0; i < variable.size(); ++i) {
    const char c = variable[i];
    if (variable.substr(i, 2) == "__") {
      key += '.';
      ++i;
    } else {
      key += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return key;
}

std::string suggested_key(std::string_view wrong, const TableNames& tables) {
  std::set<std::string, std::less<>> known;
  for (std::string key : concrete_keys(tables)) {
    for (std::size_t dot = key.rfind('.'); dot != std::string::npos; dot = key.rfind('.', dot - 1))
      known.insert(key.substr(0, dot));
    known.insert(std::move(key));
  }
  const std::vector<std::string_view> words{known.begin(), known.end()};
  // The right name in the wrong place: `invoices.table`, or `threads` at the top.
  const auto misplaced = [&](std::string_view key) {
    return key.size() > wrong.size() && key.ends_with(wrong) &&
           key[key.size() - wrong.size() - 1] == '.';
  };
  if (const auto found = std::ranges::find_if(words, misplaced);
      !wrong.empty() && found != words.end()) {
    return std::string{*found};
  }
  return std::string{nearest(wrong, words)};
}

}  // namespace tidemark::config
