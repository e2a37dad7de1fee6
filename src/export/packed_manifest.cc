#include "export/packed_manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "export/packed_part_name.h"
#include "watermark/state_file.h"

namespace tidemark::exporter {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t manifest_bytes_max = 64 << 20;
constexpr int manifest_version = 1;

/// A part is read, and removed when others replace it: nothing but a packed file of the folder.
bool may_be_listed(std::string_view file) {
  if (file.starts_with('.') || file.find_first_of(std::string_view("/\0", 2)) != file.npos) {
    return false;
  }
  return std::ranges::any_of(all_compressions, [&](Compression compression) {
    return file.ends_with(packed_extension(compression));
  });
}

Error with_way_out(Error error) {
  return std::move(error).with_hint(
      {"put it back from a backup that lists the newest part beside it; or move its whole folder "
       "away and export in full, which makes all lines anew but those of rejected rows (copies of "
       "parts, and what a run left that was killed before the index was lost, are only moved away)",
       "请从备份恢复该文件（备份须列出旁边最新的分片）；或移走其所在的整个文件夹后全量导出："
       "除被拒收的行外，所有行都会重新写出（分片的副本，或索引丢失前被终止的运行所留下的分片，"
       "移走即可）"});
}

}  // namespace

std::uint64_t PackedManifest::rows() const {
  std::uint64_t rows = 0;
  for (const PackedPart& part : parts) rows += part.rows;
  return rows;
}

std::string PackedManifest::text() const {
  // Percent-encoded as in the state file, so that any bytes come back as they were.
  ordered_json object{{"version", manifest_version},
                      {"tenant", watermark::encode_tenant(tenant)},
                      {"country", watermark::encode_tenant(country)},
                      {"rows", rows()},
                      {"parts", ordered_json::array()}};
  for (const PackedPart& part : parts) {
    ordered_json window = nullptr;
    if (!part.upto.empty()) window = ordered_json{{"after", part.after}, {"upto", part.upto}};
    object["parts"].push_back({{"file", part.file},
                               {"rows", part.rows},
                               {"bytes", part.bytes},
                               {"xxh128", part.xxh128},
                               {"run", part.run},
                               {"mode", part.mode},
                               {"window", window}});
  }
  return object.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<PackedManifest> PackedManifest::parse(std::string_view text, const std::string& path) {
  try {
    const json object = json::parse(text);
    const auto decoded = [&](const char* name) {
      return watermark::decode_tenant(object.at(name).get<std::string>()).value();
    };
    PackedManifest manifest{.tenant = decoded("tenant"), .country = decoded("country")};
    for (const json& entry : object.at("parts")) {
      PackedPart part{.file = entry.at("file").get<std::string>(),
                      .rows = entry.at("rows").get<std::uint64_t>(),
                      .bytes = entry.at("bytes").get<std::uint64_t>(),
                      .xxh128 = entry.at("xxh128").get<std::string>(),
                      .run = entry.at("run").get<std::string>(),
                      .mode = entry.at("mode").get<std::string>()};
      if (!may_be_listed(part.file)) throw std::invalid_argument("not the name of a part");
      if (const json& window = entry.at("window"); !window.is_null()) {
        part.after = window.at("after").get<std::string>();
        part.upto = window.at("upto").get<std::string>();
      }
      manifest.parts.push_back(std::move(part));
    }
    return manifest;
  } catch (const std::exception& exception) {
    return fail(with_way_out(make_error(ErrorKind::corrupt, {"{} is damaged: {}", "{} 已损坏：{}"},
                                        path, exception.what())));
  }
}

Result<std::optional<PackedManifest>> PackedManifest::load(TreeFolder& tree,
                                                           const std::string& folder) {
  const std::string path = fmt::format("{}/{}", folder, file_name);
  const Result<std::optional<std::string>> text = tree.read(path, manifest_bytes_max);
  if (!text) return std::unexpected(text.error());
  if (!*text) return std::nullopt;
  Result<PackedManifest> manifest = parse(**text, path);
  if (!manifest) return fail(std::move(manifest.error()));
  return std::move(*manifest);
}

Error PackedManifest::missing(const std::string& folder) {
  return with_way_out(make_error(
      ErrorKind::corrupt,
      {"{}/{} is missing, which lists the parts beside it", "缺少 {}/{}：它列出所在文件夹中的分片"},
      folder, file_name));
}

}  // namespace tidemark::exporter
