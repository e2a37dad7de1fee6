#include "run/state_folder.h"

#include <sys/stat.h>

#include <cerrno>

#include "base/bytes.h"
#include "base/system_error.h"

namespace tidemark::run {

std::filesystem::path state_folder(
    const std::function<std::optional<std::string>(const std::string&)>& environment) {
  if (const auto state = environment("XDG_STATE_HOME"); state && state->starts_with('/'))
    return std::filesystem::path(*state) / "tidemark";
  if (const auto home = environment("HOME"); home && home->starts_with('/'))
    return std::filesystem::path(*home) / ".local/state/tidemark";
  return "/var/lib/tidemark";
}

Result<void> make_private_folder(const std::filesystem::path& folder) {
  std::filesystem::path made;
  for (const std::filesystem::path& part : folder) {
    made /= part;
    if (mkdir(made.c_str(), 0700) == 0 || errno == EEXIST || errno == EISDIR) continue;
    // A parent may be unwritable (EACCES, EROFS) and there all the same.
    struct stat found{};
    const int reason = errno;
    if (stat(made.c_str(), &found) == 0 && S_ISDIR(found.st_mode)) continue;
    return fail_errno(reason, {"cannot make the folder {}", "无法创建目录 {}"},
                      printable(made.native()));
  }
  return {};
}

}  // namespace tidemark::run
