#include "run/state_database.h"

#include <chrono>
#include <filesystem>

#include "run/state_folder.h"

namespace tidemark::run {
namespace {

constexpr std::chrono::seconds connect_timeout{3};
constexpr std::chrono::seconds read_timeout{5};

}  // namespace

Result<std::unique_ptr<sql::Connection>> open_state(const sql::Url& url) {
  if (url.dialect == sql::Dialect::sqlite) {
    const std::filesystem::path folder = std::filesystem::path(url.path).parent_path();
    if (Result<void> made = make_private_folder(folder); !made)
      return fail(std::move(made).error());
  }
  auto connection = sql::connect(
      url, {.connect_timeout = connect_timeout, .read_timeout = read_timeout, .create = true});
  if (connection && url.dialect == sql::Dialect::sqlite) {
    const auto set = sql::query_value(**connection, "PRAGMA busy_timeout=5000");
    if (!set) return std::unexpected(set.error());
  }
  return connection;
}

}  // namespace tidemark::run
