#include "load/doctor/mysql_grants.h"

namespace tidemark::load {
namespace {

constexpr std::string_view grant_word = "GRANT ", on_word = " ON ", to_word = " TO ";

/// Of `` `sales`.* `` the pattern without quotes; nothing for a table or a routine.
std::string pattern_of(std::string_view object) {
  if (!object.ends_with(".*")) return {};
  object.remove_suffix(std::string_view(".*").size());
  if (object.size() < 2 || object.front() != '`' || object.back() != '`') return {};
  object = object.substr(1, object.size() - 2);
  std::string pattern;
  for (std::size_t i = 0; i < object.size(); ++i) {
    pattern += object[i];
    if (object[i] == '`') ++i;  // Doubled inside of quotes.
  }
  return pattern;
}

/// Adds what stands between commas; `SELECT (title)` is of some columns only.
void add_privileges(std::set<std::string>& granted, std::string_view list) {
  std::string word;
  int depth = 0;
  bool of_columns = false;
  const auto end = [&] {
    while (word.ends_with(' ')) word.pop_back();
    if (!word.empty() && !of_columns) granted.insert(word);
    word.clear();
    of_columns = false;
  };
  for (const char c : list) {
    if (c == '(') {
      ++depth;
      of_columns = true;
    } else if (c == ')') {
      --depth;
    } else if (depth > 0) {
      continue;
    } else if (c == ',') {
      end();
    } else if (c != ' ' || !word.empty()) {
      word += c;
    }
  }
  end();
}

}  // namespace

std::set<std::string> granted_privileges(std::span<const std::string> grants,
                                         const std::function<bool(const std::string&)>& names) {
  std::set<std::string> granted;
  for (const std::string_view grant : grants) {
    const std::size_t on = grant.find(on_word);
    const std::size_t to = grant.find(to_word, on == std::string_view::npos ? on : on + 1);
    // `GRANT role TO user` has no object.
    if (!grant.starts_with(grant_word) || on == std::string_view::npos ||
        to == std::string_view::npos)
      continue;
    const std::size_t object_at = on + on_word.size();
    const std::string_view object = grant.substr(object_at, to - object_at);
    if (object != "*.*") {
      const std::string pattern = pattern_of(object);
      if (pattern.empty() || !names(pattern)) continue;
    }
    add_privileges(granted, grant.substr(grant_word.size(), on - grant_word.size()));
  }
  return granted;
}

}  // namespace tidemark::load
