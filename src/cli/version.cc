#include "cli/version.h"

#include <fmt/format.h>
#include <libdeflate.h>
#include <libpq-fe.h>
#include <mysql.h>
#include <sqlite3.h>
#include <zstd.h>

#include "revision.h"  // Written by cmake/revision.cmake at each build.

namespace tidemark::cli {

std::string_view version() { return TIDEMARK_VERSION; }

std::string_view revision() { return TIDEMARK_REVISION; }

std::string version_line() {
  if (revision().empty()) return fmt::format("tidemark {}", version());
  return fmt::format("tidemark {} ({})", version(), revision());
}

std::vector<std::pair<std::string, std::string>> component_versions() {
  const int libpq = PQlibVersion();  // 150014 is 15.14
  return {{"compiler", __VERSION__},
          {"SQLite", sqlite3_libversion()},
          {"MariaDB Connector/C", mysql_get_client_info()},
          {"libpq", fmt::format("{}.{}", libpq / 10'000, libpq % 10'000)},
          {"zstd", ZSTD_versionString()},
          {"libdeflate", LIBDEFLATE_VERSION_STRING},
          {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10'000, FMT_VERSION / 100 % 100,
                              FMT_VERSION % 100)}};
}

}  // namespace tidemark::cli
