#include "export/enclosing_tree.h"

#include <filesystem>

#include "export/source_record.h"
#include "export/state_directory.h"
#include "watermark/state_file.h"

namespace tidemark::exporter {
namespace {

namespace fs = std::filesystem;

fs::file_type type_of(const fs::path& path) {
  std::error_code code;
  return fs::symlink_status(path, code).type();
}

bool is_tree(const fs::path& folder) {
  const fs::path state = folder / state_directory_name;
  if (type_of(state) != fs::file_type::directory) return false;
  return type_of(state / SourceRecord::file_name) == fs::file_type::regular ||
         type_of(watermark::StateFile(state.string()).path()) == fs::file_type::regular;
}

}  // namespace

std::optional<std::string> enclosing_tree(const std::string& output) {
  std::error_code code;
  // Also of a folder that is not there yet.
  fs::path folder = fs::weakly_canonical(fs::absolute(output, code), code);
  if (code) return std::nullopt;
  if (!folder.has_filename()) folder = folder.parent_path();  // `out/`
  while (folder.has_relative_path()) {
    folder = folder.parent_path();
    if (is_tree(folder)) return folder.string();
  }
  return std::nullopt;
}

Result<std::optional<std::string>> check_enclosing_tree(const std::string& output,
                                                        const std::string& name) {
  std::optional<std::string> tree = enclosing_tree(output);
  if (!tree || type_of(state_directory_of(output)) == fs::file_type::directory) return tree;
  // Of an older exporter that may be long gone, beside files of another.
  std::error_code code;
  const bool is_old = type_of(fs::path(*tree) / state_directory_name / SourceRecord::file_name) ==
                      fs::file_type::not_found;
  if (is_old && fs::is_directory(output, code) && !fs::is_empty(output, code)) {
    return tree;
  }
  return fail(
      make_error(ErrorKind::invalid_config,
                 {"{} lies in {}, which is the tree of another export: they would take "
                  "each other's files for their own",
                  "{} 位于 {} 之内，而后者是另一个导出的目录：两者会把对方的文件当作自己的"},
                 output, *tree)
          .with_hint({"choose an output outside of it: export.{0}.output (or -o); or, if nobody "
                      "exports into {1} any more, move {1}/{2} away",
                      "请选择其外的输出目录：export.{0}.output（或 -o）；若 {1} 已不再用于导出，"
                      "请移走 {1}/{2}"},
                     name, *tree, state_directory_name));
}

}  // namespace tidemark::exporter
