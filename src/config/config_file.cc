#include "config/config_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace tidemark::config {
namespace {

constexpr const char* file_name = "tidemark.toml";
constexpr const char* file_below_config_home = "/tidemark/tidemark.toml";

/// Also a file that we may not look at: reading it will say why.
bool exists(const std::string& path) {
  std::error_code error;
  const auto type = std::filesystem::status(path, error).type();
  return type != std::filesystem::file_type::not_found;
}

Result<std::optional<std::string>> named(const std::string& path, std::string_view by) {
  if (exists(path)) return path;
  return fail(make_error(ErrorKind::invalid_config,
                         {"the configuration file {} does not exist (named by {})",
                          "配置文件 {} 不存在（由 {} 指定）"},
                         printable(path), by));
}

}  // namespace

Result<std::optional<std::string>> find_config_file(const std::optional<std::string>& given,
                                                    const Environment& environment) {
  if (given) return named(*given, "--config");
  if (const auto path = environment("TIDEMARK_CONFIG"); path && !path->empty())
    return named(*path, "TIDEMARK_CONFIG");

  std::vector<std::string> candidates = {file_name};
  const auto config_home = environment("XDG_CONFIG_HOME"), home = environment("HOME");
  if (config_home && !config_home->empty()) {
    candidates.push_back(*config_home + file_below_config_home);
  } else if (home && !home->empty()) {
    candidates.push_back(*home + "/.config" + file_below_config_home);
  }
  candidates.emplace_back("/etc/tidemark/tidemark.toml");
  for (std::string& candidate : candidates)
    if (exists(candidate)) return std::move(candidate);
  return std::nullopt;
}

bool readable_by_others(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0;
}

}  // namespace tidemark::config
