#include "load/file/layout.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/json_check.h"
#include "base/json_object.h"
#include "base/json_text.h"
#include "base/parse_integer.h"

namespace tidemark::load::file {
namespace {

std::string text_at(std::string_view object, std::string_view member) {
  const auto value = json_value_of(object, member);
  return value ? json_text(*value).value_or("") : "";
}

std::string plain_value(std::string_view json) {
  if (json == "null") return {};
  if (json.starts_with('"')) return json_text(json).value_or(std::string(json));
  return std::string(json);
}

/// `customer.id` stands inside the member `customer`.
void add_paths(Row& row, const FieldMap& map, std::string_view object) {
  for (const auto& [field, path] : map) {
    if (!path.contains('.') || json_value_of(object, path)) continue;
    std::optional<std::string_view> value = object;
    for (std::string_view rest = path; value && !rest.empty();) {
      const std::string_view step = rest.substr(0, rest.find('.'));
      value = json_value_of(*value, step);
      rest.remove_prefix(std::min(rest.size(), step.size() + 1));
    }
    if (!value) continue;
    row.columns.push_back(path);
    row.values.push_back(plain_value(*value));
  }
}

Result<Row> object_row(const Layout& layout, std::string_view json) {
  const auto members = json.starts_with('{') ? json_members(json) : std::nullopt;
  if (!members)
    return fail(ErrorKind::rejected, {"the row is no JSON object", "该行不是 JSON 对象"});
  Row row;
  for (const JsonMember& member : *members) {
    row.columns.push_back(member.name);
    row.values.push_back(plain_value(member.value));
  }
  add_paths(row, layout.map, json);
  return row;
}

}  // namespace

std::string layout_json(const Layout& layout) {
  std::string json = fmt::format(R"({{"format":"{}")", name(layout.format));
  if (layout.format != Format::ndjson) {
    json += R"(,"header":)";
    append_json_text(json, layout.header);
  }
  json += R"(,"map":{)";
  for (const auto& [field, column] : layout.map) {
    if (json.back() != '{') json += ',';
    append_json_text(json, name(field));
    json += ':';
    append_json_text(json, column);
  }
  json += fmt::format(R"(}},"unit":"{}","zone":{})", layout.amounts_in_fen ? "fen" : "yuan",
                      layout.zone.count());
  if (layout.nulls.empty()) return json + '}';
  json += R"(,"null":[)";
  for (const std::string& null : layout.nulls) {
    if (json.back() != '[') json += ',';
    append_json_text(json, null);
  }
  return json + "]}";
}

std::optional<Layout> parse_layout(std::string_view text) {
  Layout layout;
  const std::optional<Format> format = format_named(text_at(text, "format"));
  const auto zone = parse_integer<int>(json_value_of(text, "zone").value_or(""));
  const auto map = json_members(json_value_of(text, "map").value_or("0"));
  if (!format || !zone || !map) return std::nullopt;
  layout.format = *format;
  layout.header = text_at(text, "header");
  layout.amounts_in_fen = text_at(text, "unit") == "fen";
  layout.zone = std::chrono::minutes(*zone);
  if (const auto nulls = json_value_of(text, "null"))
    for (const std::string_view null :
         json_elements(*nulls).value_or(std::vector<std::string_view>()))
      layout.nulls.push_back(json_text(null).value_or(""));
  for (const JsonMember& member : *map) {
    const std::optional<Field> field = field_named(member.name);
    if (!field) return std::nullopt;
    layout.map[*field] = json_text(member.value).value_or("");
  }
  return layout;
}

std::string row_json(const Layout& layout, std::string_view row) {
  if (!is_utf8(row)) return R"(["base64",")" + base64(row) + "\"]";
  if (layout.format == Format::ndjson && !check_json(row)) return std::string(row);
  std::string json;
  append_json_text(json, row);
  return json;
}

Result<Row> row_of(const Layout& layout, std::string_view row) {
  if (row.starts_with("[\"base64\""))
    return fail(ErrorKind::rejected, {"the row is not UTF-8", "该行不是 UTF-8 编码"});
  if (layout.format == Format::ndjson) return object_row(layout, row);
  const std::optional<std::string> text = json_text(row);
  std::optional<std::vector<std::string>> fields;
  if (text) fields = fields_of(*text, layout.format);
  if (!fields)
    return fail(ErrorKind::rejected,
                {"the quotes of the row do not fit", "该行的引号不符合 CSV 格式"});
  return Row{.values = std::move(*fields)};
}

}  // namespace tidemark::load::file
