#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/settings.h"

namespace tidemark::config {

/// A database as configured. Neither member may be shown as it is: see redacted_url().
struct DatabaseAddress {
  std::string url;                      ///< `mysql://reader@db:3306/finance`, for sql::Url::parse.
  std::optional<std::string> password;  ///< For a URL without one. nullopt: the URL has its own, or
                                        ///< the client's own file (~/.my.cnf, ~/.pgpass) is asked.
  std::string where;                    ///< What said so: `--source`, `tidemark.toml:3`, `DB_*`.
};

/// The source of `[export.<name>]`: its own `source`, else the common `source`, else the variables
/// DB_HOST (localhost), DB_PORT (3306), DB_USER, DB_PASSWORD and DB_NAME of the scripts that came
/// before, as MySQL; these count when DB_HOST, DB_USER or DB_NAME is set.
/// The password: the URL's, else `export.<name>.source_password`, else `source_password`, else
/// DB_PASSWORD. Each DB_ variable may be given as `…_FILE` too.
/// Errors: invalid_config when there is no source, or DB_* are incomplete or wrong.
[[nodiscard]] Result<DatabaseAddress> export_source(const Settings& settings, std::string_view name,
                                                    const Environment& environment);

/// The source of the reference data: as export_source, with `reference.source` and
/// `reference.source_password`.
[[nodiscard]] Result<DatabaseAddress> reference_source(const Settings& settings,
                                                       const Environment& environment);

/// The common source alone, for jobs without one of their own.
[[nodiscard]] Result<DatabaseAddress> common_source(const Settings& settings,
                                                    const Environment& environment);

/// Tidemark's own database: `state`, else the SQLite file
/// ${XDG_STATE_HOME:-~/.local/state}/tidemark/tidemark.db. Its folder may not exist yet.
/// Errors: invalid_config when there is neither `state` nor a home.
[[nodiscard]] Result<DatabaseAddress> state_database(const Settings& settings,
                                                     const Environment& environment);

/// What `tidemark receive` stores into: `receive.database`, else the SQLite file receive.db beside
/// the default state database. Errors: as state_database().
[[nodiscard]] Result<DatabaseAddress> receive_database(const Settings& settings,
                                                       const Environment& environment);

/// What `tidemark load` fills: `load.warehouse`, else the SQLite file warehouse.db beside the
/// default state database. Errors: as state_database().
[[nodiscard]] Result<DatabaseAddress> warehouse_database(const Settings& settings,
                                                         const Environment& environment);

}  // namespace tidemark::config
