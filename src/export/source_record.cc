#include "export/source_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/base64.h"
#include "base/bytes.h"

namespace tidemark::exporter {
namespace {

constexpr std::size_t record_bytes_max = 64 << 10;

constexpr std::array selection_members = {
    std::pair{"tenant", &Selection::tenant}, std::pair{"status", &Selection::status},
    std::pair{"status_value", &Selection::status_value},
    std::pair{"update_time", &Selection::update_time}, std::pair{"payload", &Selection::payload}};

std::string path_in(const std::string& state_directory) {
  return fmt::format("{}/{}", state_directory, SourceRecord::file_name);
}

/// Says whether a member is what it should be. One that is not there is as it should be.
template <class Value, class Read>
bool read_member(const nlohmann::json& json, const char* name, std::optional<Value>& value,
                 Read read) {
  const auto member = json.find(name);
  if (member == json.end()) return true;
  value = read(*member);
  return value.has_value();
}

std::optional<std::string> text_of(const nlohmann::json& json) {
  if (!json.is_string()) return std::nullopt;
  return json.get<std::string>();
}

std::optional<bool> flag_of(const nlohmann::json& json) {
  if (!json.is_boolean()) return std::nullopt;
  return json.get<bool>();
}

std::optional<RecordedKey> key_of(const nlohmann::json& json) {
  if (!json.is_object() || !json.contains("columns") || !json["columns"].is_array() ||
      !json.contains("type") || !json["type"].is_string()) {
    return std::nullopt;
  }
  RecordedKey key{.columns = {}, .type = json["type"].get<std::string>()};
  for (const nlohmann::json& column : json["columns"]) {
    if (!column.is_string()) return std::nullopt;
    key.columns.push_back(column.get<std::string>());
  }
  return key;
}

std::optional<Selection> selection_of(const nlohmann::json& json) {
  if (!json.is_object()) return std::nullopt;
  Selection selection;
  for (const auto& [name, member] : selection_members) {
    if (!json.contains(name) || !json[name].is_string()) return std::nullopt;
    selection.*member = json[name].get<std::string>();
  }
  return selection;
}

nlohmann::ordered_json json_of(const Selection& selection) {
  nlohmann::ordered_json json;
  for (const auto& [name, member] : selection_members) json[name] = selection.*member;
  return json;
}

/// A JSON text is UTF-8, while what an environment variable holds need not be.
std::string recordable(const std::string& text) {
  return is_utf8(text) ? text : "base64:" + base64(text);
}

}  // namespace

Selection Selection::of(const TableSpec& spec) {
  return {.tenant = recordable(spec.tenant),
          .status = recordable(spec.status),
          .status_value = spec.status.empty() ? "" : recordable(spec.status_value),
          .update_time = recordable(spec.update_time),
          .payload = recordable(spec.payload)};
}

RecordedKey RecordedKey::of(const std::vector<std::string>& columns, std::string_view type) {
  RecordedKey key{.columns = {}, .type = std::string(type)};
  std::ranges::transform(columns, std::back_inserter(key.columns), recordable);
  return key;
}

bool RecordedKey::differs_from(const RecordedKey& other) const {
  return columns != other.columns || (!type.empty() && !other.type.empty() && type != other.type);
}

Result<std::optional<SourceRecord>> SourceRecord::load(const std::string& state_directory) {
  const std::string path = path_in(state_directory);
  Result<std::string> text = read_file(path, record_bytes_max);
  if (!text) {
    if (text.error().kind == ErrorKind::not_found) return std::nullopt;
    return fail(std::move(text));
  }
  const auto damaged = [&](Text<const std::string&> what) {
    return fail(make_error(ErrorKind::corrupt, what, path)
                    .with_hint({"remove the file; the next run writes it anew",
                                "请删除该文件；下次运行会重新生成"}));
  };
  const nlohmann::json json = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("zone") || !json["zone"].is_string() ||
      !json.contains("source") || !json["source"].is_string()) {
    return damaged({"{} does not say zone and source", "{} 未写明时区与数据源"});
  }
  const auto member = [&](const char* name) {
    return json.contains(name) && json[name].is_string() ? json[name].get<std::string>() : "";
  };
  SourceRecord record{.zone = member("zone"),
                      .source = member("source"),
                      .table = member("table"),
                      .layout = member("layout"),
                      .prune_source = member("prune_source")};
  // Written by a version that took every source at its word.
  if (record.prune_source.empty()) record.prune_source = record.source;
  std::optional<bool> trimmed = false;
  if (!read_member(json, "export", record.name, text_of) ||
      !read_member(json, "trimmed", trimmed, flag_of) ||
      !read_member(json, "key", record.key, key_of) ||
      !read_member(json, "columns", record.selection, selection_of) ||
      !read_member(json, "prune_columns", record.prune_selection, selection_of)) {
    return damaged({"{} does not say what is exported", "{} 未写明导出的内容"});
  }
  record.trimmed = *trimmed;
  if (!record.prune_selection) record.prune_selection = record.selection;
  return record;
}

Result<void> SourceRecord::save(const std::string& state_directory) const {
  nlohmann::ordered_json json{{"zone", zone},
                              {"source", source},
                              {"table", table},
                              {"layout", layout},
                              {"prune_source", prune_source}};
  if (name) json["export"] = *name;
  if (key) {
    json["key"] = nlohmann::ordered_json{{"columns", key->columns}, {"type", key->type}};
  }
  if (selection) json["columns"] = json_of(*selection);
  if (prune_selection) json["prune_columns"] = json_of(*prune_selection);
  if (trimmed) json["trimmed"] = true;
  return write_file_atomically(
      path_in(state_directory),
      json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace tidemark::exporter
