#include "export/source_record.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/atomic_file.h"

namespace tidemark::exporter {
namespace {

constexpr std::size_t record_bytes_max = 64 << 10;

std::string path_in(const std::string& state_directory) {
  return fmt::format("{}/{}", state_directory, SourceRecord::file_name);
}

}  // namespace

Result<std::optional<SourceRecord>> SourceRecord::load(const std::string& state_directory) {
  const std::string path = path_in(state_directory);
  Result<std::string> text = read_file(path, record_bytes_max);
  if (!text) {
    if (text.error().kind == ErrorKind::not_found) return std::nullopt;
    return fail(std::move(text));
  }
  const nlohmann::json json = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("zone") || !json["zone"].is_string() ||
      !json.contains("source") || !json["source"].is_string()) {
    return fail(make_error(ErrorKind::corrupt,
                           {"{} does not say zone and source", "{} 未写明时区与数据源"}, path)
                    .with_hint({"remove the file; the next run writes it anew",
                                "请删除该文件；下次运行会重新生成"}));
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
  return record;
}

Result<void> SourceRecord::save(const std::string& state_directory) const {
  const nlohmann::ordered_json json{{"zone", zone},
                                    {"source", source},
                                    {"table", table},
                                    {"layout", layout},
                                    {"prune_source", prune_source}};
  return write_file_atomically(
      path_in(state_directory),
      json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace tidemark::exporter
