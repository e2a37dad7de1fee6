#include "config/toml_file.h"

// The only file that includes toml++: it takes seconds to parse.
#include <toml++/toml.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "base/bytes.h"

namespace tidemark::config {
namespace {

constexpr std::size_t bytes_max = 1 << 20;

/// The library frees nested tables by recursion, so the depth must be bounded before it reads: no
/// document is deeper than it has these marks.
constexpr std::ptrdiff_t nesting_marks_max = 5'000;

/// No setting is as deep; what is deeper is told of by the table that holds it.
constexpr int depth_max = 16;

std::ptrdiff_t nesting_marks(std::string_view text) {
  std::ptrdiff_t marks = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t first = line.find_first_not_of(" \t");
    if (first == std::string_view::npos || line[first] == '#') continue;
    marks += std::ranges::count_if(line, [](char c) { return c == '.' || c == '[' || c == '{'; });
  }
  return marks;
}

std::string quoted_segment(std::string_view segment) {
  const bool bare = !segment.empty() && std::ranges::all_of(segment, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
  return bare ? std::string{segment} : fmt::format("\"{}\"", printable(segment, 80));
}

struct KindName {
  TomlKind kind;
  const char* en;
  const char* zh;
};

KindName kind_of(toml::node_type type) {
  switch (type) {
    case toml::node_type::string:
      return {TomlKind::text, "text", "文本"};
    case toml::node_type::integer:
      return {TomlKind::integer, "a whole number", "整数"};
    case toml::node_type::boolean:
      return {TomlKind::boolean, "true or false", "布尔值"};
    case toml::node_type::floating_point:
      return {TomlKind::other, "a number with decimals", "小数"};
    case toml::node_type::date:
      return {TomlKind::other, "a date", "日期"};
    case toml::node_type::time:
      return {TomlKind::other, "a time", "时间"};
    case toml::node_type::date_time:
      return {TomlKind::other, "a date with time", "日期时间"};
    case toml::node_type::array:
      return {TomlKind::text_list, "a list", "列表"};
    case toml::node_type::table:
      return {TomlKind::table, "a table", "表"};
    case toml::node_type::none:
      break;
  }
  return {TomlKind::other, "nothing", "空"};
}

class Walk {
 public:
  void table(const toml::table& table, const std::string& prefix, int depth) {
    if (depth > depth_max) return;
    for (const auto& [key, node] : table) {
      const std::string path = prefix + (prefix.empty() ? "" : ".") + quoted_segment(key.str());
      entry(path, node, key.source().begin.line, depth);
    }
  }

  std::vector<TomlEntry> entries;

 private:
  void entry(const std::string& path, const toml::node& node, unsigned line, int depth) {
    const KindName name = kind_of(node.type());
    TomlEntry entry{.key = path,
                    .kind = name.kind,
                    .texts = {},
                    .line = line,
                    .kind_en = name.en,
                    .kind_zh = name.zh};
    switch (name.kind) {
      case TomlKind::text:
        entry.texts.push_back(node.as_string()->get());
        break;
      case TomlKind::integer:
        entry.texts.push_back(std::to_string(node.as_integer()->get()));
        break;
      case TomlKind::boolean:
        entry.texts.emplace_back(node.as_boolean()->get() ? "true" : "false");
        break;
      case TomlKind::text_list:
        list(*node.as_array(), entry);
        break;
      case TomlKind::table:
      case TomlKind::other:
        break;
    }
    entries.push_back(std::move(entry));
    if (const toml::table* inner = node.as_table()) table(*inner, path, depth + 1);
  }

  static void list(const toml::array& array, TomlEntry& entry) {
    for (const toml::node& item : array) {
      if (const auto* text = item.as_string()) {
        entry.texts.push_back(text->get());
        continue;
      }
      entry.kind = TomlKind::other;
      entry.kind_en = "a list of something else than texts";
      entry.kind_zh = "含有非文本项的列表";
      entry.texts.clear();
      return;
    }
  }
};

std::unexpected<Error> refused(std::string_view name, Message why) {
  return fail(ErrorKind::invalid_config, {"{0}: {1}", "{0}：{2}"}, name, why.en, why.zh);
}

}  // namespace

Result<std::vector<TomlEntry>> parse_toml(std::string_view bytes, std::string_view name) {
  if (bytes.size() > bytes_max) return refused(name, say({"larger than 1 MiB", "大于 1 MiB"}));
  if (bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff"))
    return refused(name, say({"is UTF-16; save it as UTF-8", "是 UTF-16 编码，请另存为 UTF-8"}));
  if (nesting_marks(bytes) > nesting_marks_max)
    return refused(name, say({"too many dots and brackets for a configuration file",
                              "点与括号过多，不像配置文件"}));
  try {
    const toml::table document = toml::parse(bytes, name);
    Walk walk;
    walk.table(document, "", 1);
    std::ranges::sort(walk.entries, {}, [](const TomlEntry& entry) {
      return std::pair<unsigned, std::string_view>{entry.line, entry.key};
    });
    return std::move(walk.entries);
  } catch (const toml::parse_error& error) {
    const auto& where = error.source().begin;
    return fail(
        make_error(ErrorKind::invalid_config, {"{}:{}:{}: {}", "{}:{}:{}：{}"}, name, where.line,
                   where.column, printable(error.description(), 300))
            .with_hint({"text needs quotes: key = \"value\"", "文本需要加引号：key = \"value\""}));
  } catch (const std::exception& error) {
    return fail(ErrorKind::invalid_config, {"{}: {}", "{}：{}"}, name, error.what());
  }
}

}  // namespace tidemark::config
