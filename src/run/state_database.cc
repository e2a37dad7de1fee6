#include "run/state_database.h"

#include <chrono>
#include <filesystem>
#include <string_view>
#include <vector>

#include "run/state_folder.h"

namespace tidemark::run {
namespace {

constexpr std::chrono::seconds connect_timeout{3};
constexpr std::chrono::seconds read_timeout{5};

/// MySQL has no limit for a transaction that stands still but that for any idle connection, which
/// is longer than any pause of a hub that is well (relay.poll_interval is 5 s at most).
std::vector<std::string_view> session_settings(sql::Dialect dialect) {
  switch (dialect) {
    case sql::Dialect::sqlite:
      return {};
    case sql::Dialect::mysql:
      return {"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
              "SET SESSION wait_timeout = 90 /*M!100300 , idle_transaction_timeout = 10 */"};
    case sql::Dialect::postgres:
      return {"SET default_transaction_isolation = 'read committed'",
              "SET idle_in_transaction_session_timeout = '10s'"};
  }
  return {};
}

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

Result<std::unique_ptr<sql::Connection>> open_shared_state(const sql::Url& url) {
  auto connection = open_state(url);
  if (!connection) return connection;
  for (const std::string_view sql : session_settings(url.dialect))
    if (const auto set = (*connection)->execute(sql); !set) return fail(set.error());
  return connection;
}

}  // namespace tidemark::run
