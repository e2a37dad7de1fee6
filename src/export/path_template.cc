#include "export/path_template.h"

#include <algorithm>

#include "export/path_clean.h"

namespace tidemark::exporter {
namespace {

bool is_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string compact_date(std::string_view date) {
  if (date.size() >= 10 && date[4] == '-' && date[7] == '-' && is_digits(date.substr(0, 4)) &&
      is_digits(date.substr(5, 2)) && is_digits(date.substr(8, 2))) {
    std::string text(date.substr(0, 4));
    return text.append(date.substr(5, 2)).append(date.substr(8, 2));
  }
  if (date.empty()) return "00000000";
  return std::string(date);
}

Result<PathTemplate> PathTemplate::parse(std::string_view text) {
  const auto wrong = [&](std::string_view en, std::string_view zh) {
    return fail(Error{ErrorKind::invalid_config,
                      {fmt::format("path template \"{}\": {}", text, en),
                       fmt::format("路径模板“{}”：{}", text, zh)},
                      {"its places are {tenant} {country} {date} {number} {key}",
                       "可用的占位符有 {tenant} {country} {date} {number} {key}"}});
  };
  PathTemplate result;
  result.parts_.emplace_back();
  bool tells_apart = false;
  for (std::size_t i = 0; i < text.size();) {
    std::vector<Piece>& part = result.parts_.back();
    if (text[i] == '/') {
      if (part.empty()) return wrong("an empty part", "有空的路径段");
      result.parts_.emplace_back();
      ++i;
    } else if (text[i] == '{') {
      const std::size_t close = text.find('}', i);
      if (close == std::string_view::npos) return wrong("a brace is not closed", "花括号未闭合");
      const std::string_view place = text.substr(i + 1, close - i - 1);
      if (place == "tenant") {
        part.push_back({Place::tenant, {}});
      } else if (place == "country") {
        part.push_back({Place::country, {}});
      } else if (place == "date") {
        part.push_back({Place::date, {}});
      } else if (place == "number") {
        part.push_back({Place::number, {}});
        tells_apart = true;
      } else if (place == "key") {
        part.push_back({Place::key, {}});
        tells_apart = true;
      } else {
        return wrong("an unknown place", "有未知的占位符");
      }
      i = close + 1;
    } else {
      const std::size_t end = std::min(text.find_first_of("/{", i), text.size());
      part.push_back({Place::literal, clean_value(text.substr(i, end - i))});
      i = end;
    }
  }
  if (result.parts_.back().empty()) return wrong("an empty part", "有空的路径段");
  if (!tells_apart) return wrong("needs {number} or {key}", "必须含有 {number} 或 {key}");
  return result;
}

std::string PathTemplate::stem(const SourceRow& row) const {
  constexpr std::size_t usual_bytes = 64;
  std::string path;
  path.reserve(usual_bytes);
  std::string part;
  for (const std::vector<Piece>& pieces : parts_) {
    part.clear();
    for (const Piece& piece : pieces) {
      switch (piece.place) {
        case Place::literal:
          part += piece.literal;
          break;
        case Place::tenant:
          append_clean_value(part, row.tenant);
          break;
        case Place::country:
          append_clean_value(part, row.country.empty() ? unknown_country : row.country);
          break;
        case Place::date:
          append_clean_value(part, compact_date(row.date));
          break;
        case Place::number:
          append_clean_value(part, row.number);
          break;
        case Place::key:
          append_clean_value(part, row.key.text());
          break;
      }
    }
    if (!path.empty()) path += '/';
    part = clean_part(std::move(part));
    path += part;
  }
  return path;
}

bool PathTemplate::could_make(std::string_view stem) const {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const bool last = i + 1 == parts_.size();
    const std::size_t end = last ? stem.size() : stem.find('/');
    if (end == std::string_view::npos) return false;
    const std::string_view part = stem.substr(0, end);
    if (part.contains('/')) return false;
    stem.remove_prefix(last ? end : end + 1);
    std::vector<Piece> pieces = parts_[i];
    if (pieces.front().place == Place::literal) {
      // As clean_part() leaves it at the beginning of a part.
      char& first = pieces.front().literal.front();
      if (first == '.' || first == '-') first = '_';
    }
    if (could_make(part, pieces)) continue;
    const std::size_t mark = last ? part.rfind('~') : std::string_view::npos;
    if (mark == std::string_view::npos) return false;
    if (!could_make(part.substr(0, mark), pieces)) return false;
  }
  return true;
}

bool PathTemplate::could_make(std::string_view part, std::span<const Piece> pieces) {
  if (pieces.empty()) return part.empty();
  const std::span<const Piece> rest = pieces.subspan(1);
  if (pieces.front().place == Place::literal) {
    const std::string_view literal = pieces.front().literal;
    return part.starts_with(literal) && could_make(part.substr(literal.size()), rest);
  }
  if (pieces.front().place == Place::date) {
    constexpr std::size_t digits = 8;
    return part.size() >= digits && is_digits(part.substr(0, digits)) &&
           could_make(part.substr(digits), rest);
  }
  if (rest.empty()) return !part.empty();
  for (std::size_t length = 1; length <= part.size(); ++length) {
    if (could_make(part.substr(length), rest)) return true;
  }
  return false;
}

}  // namespace tidemark::exporter
