#include "export/tree_survey.h"

#include <filesystem>
#include <numeric>

#include "base/system_error.h"
#include "export/state_directory.h"
#include "export/tree_file.h"

namespace tidemark::exporter {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t examples_max = 10;
/// {tenant}/{country}/{file}: how deep below the tree a file lies.
constexpr int file_depth = 2;

/// Empty: no name of ours.
std::string_view ending_of(std::string_view name) {
  if (!name.contains('+')) return {};
  for (const Compression compression : all_compressions) {
    if (name.ends_with(extension_of(compression))) return extension_of(compression);
  }
  return {};
}

}  // namespace

std::uint64_t TreeSurvey::total() const {
  return std::accumulate(files.begin(), files.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& entry) { return sum + entry.second; });
}

Result<TreeSurvey> survey_tree(const std::string& tree, const Stop& stop) {
  TreeSurvey survey;
  bool tenant_counted = false;
  std::error_code code;
  fs::recursive_directory_iterator entry(tree, fs::directory_options::skip_permission_denied, code);
  for (; !code && entry != fs::recursive_directory_iterator(); entry.increment(code)) {
    if (stop.requested()) return fail(ErrorKind::cancelled, {"stopped", "已中止"});
    const std::string name = entry->path().filename().string();
    std::error_code ignored;
    if (entry->is_directory(ignored)) {
      if (entry.depth() > 0) continue;
      if (name == state_directory_name) entry.disable_recursion_pending();
      tenant_counted = false;
      continue;
    }
    const std::string_view ending = entry.depth() == file_depth ? ending_of(name) : "";
    if (!ending.empty()) {
      ++survey.files[std::string(ending)];
      if (!tenant_counted) ++survey.tenants;
      tenant_counted = true;
      continue;
    }
    ++survey.unknown;
    if (survey.unknown_examples.size() < examples_max) {
      survey.unknown_examples.push_back(entry->path().lexically_relative(tree).string());
    }
  }
  if (code) return fail_errno(code.value(), {"cannot read {}", "无法读取 {}"}, tree);
  return survey;
}

}  // namespace tidemark::exporter
