#include "api/parameters.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "api/answer.h"
#include "api/stamp.h"
#include "base/base64.h"
#include "base/bytes.h"
#include "base/parse_integer.h"

namespace tidemark::api {

Parameters::Parameters(Pairs given, std::initializer_list<std::string_view> known)
    : given_(std::move(given)) {
  for (const auto& [name, value] : given_) {
    const bool is_known =
        name == "limit" || name == "cursor" || std::ranges::find(known, name) != known.end();
    if (!is_known)
      fault(printable(name), say({"no such parameter; known: {}, limit, cursor",
                                  "没有此参数；可用：{}、limit、cursor"},
                                 fmt::format("{}", fmt::join(known, ", "))));
    else if (std::ranges::count(given_, name, &Pairs::value_type::first) > 1)
      fault(name, {"stands more than once", "重复出现"});
  }
}

void Parameters::fault(std::string_view name, const Message& reason) {
  if (fault_) return;
  fault_ = invalid(name, say({"parameter {0}: {1}", "参数 {0}：{2}"}, name, reason.en, reason.zh));
}

const std::string* Parameters::find(std::string_view name) const {
  const auto found = std::ranges::find(given_, name, &Pairs::value_type::first);
  return found == given_.end() ? nullptr : &found->second;
}

std::string Parameters::text(std::string_view name) const {
  const std::string* text = find(name);
  return text == nullptr ? std::string() : *text;
}

std::optional<std::int64_t> Parameters::number(std::string_view name, std::int64_t least,
                                               std::int64_t most) {
  const std::string* text = find(name);
  if (text == nullptr) return std::nullopt;
  const auto number = parse_integer(*text);
  if (!number || *number < least || *number > most) {
    fault(name,
          say({"must be a whole number from {} to {}", "必须是 {} 到 {} 之间的整数"}, least, most));
    return std::nullopt;
  }
  return number;
}

std::optional<WallTime> Parameters::time(std::string_view name, WallTime now) {
  const std::string* text = find(name);
  if (text == nullptr) return std::nullopt;
  const auto time = parse_stamp(*text, now);
  if (!time)
    fault(name,
          {"must be a time with its zone (2026-01-15T08:30:00Z) or a span back from now (24h)",
           "必须是带时区的时间（2026-01-15T08:30:00Z）或距今的时长（24h）"});
  return time;
}

std::int64_t Parameters::limit(std::int64_t usual, std::int64_t most) {
  return number("limit", 1, most).value_or(usual);
}

std::vector<std::string> Parameters::cursor(std::size_t parts) {
  const std::string* text = find("cursor");
  if (text == nullptr) return {};
  std::string padded(*text);
  std::ranges::replace(padded, '-', '+');
  std::ranges::replace(padded, '_', '/');
  padded.append((4 - padded.size() % 4) % 4, '=');
  std::vector<std::string> found;
  if (const auto decoded = base64_decoded(padded); decoded && is_utf8(*decoded)) {
    for (std::size_t from = 0; from <= decoded->size();) {
      const std::size_t end = std::min(decoded->find('\n', from), decoded->size());
      found.push_back(decoded->substr(from, end - from));
      from = end + 1;
    }
  }
  if (found.size() != parts) {
    fault("cursor",
          {"is none of ours: begin again without it", "不是有效的游标，请去掉后重新开始"});
    return {};
  }
  return found;
}

std::string make_cursor(const std::vector<std::string>& parts) {
  std::string text = base64(fmt::format("{}", fmt::join(parts, "\n")));
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  text.erase(text.find_last_not_of('=') + 1);
  return text;
}

}  // namespace tidemark::api
