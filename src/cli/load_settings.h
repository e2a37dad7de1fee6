#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/civil_time.h"
#include "base/result.h"
#include "cli/command.h"
#include "cli/context.h"
#include "config/settings.h"
#include "load/load_run.h"
#include "load/platform.h"
#include "load/stream_kind.h"
#include "sql/connection.h"

namespace tidemark::cli {

/// `--warehouse`
[[nodiscard]] Flag warehouse_flag();
/// `--platform NAME`, for `load.platform`.
[[nodiscard]] Flag platform_flag();
/// The stream that is called so on the command line. Errors: usage, naming those that there are.
[[nodiscard]] Result<load::StreamKind> named_stream(const std::string& word);
enum class WarehouseUse {
  read,
  change,  ///< What is there: a slip in its name must not be taken for an empty one.
  fill,    ///< An SQLite file and its folder are made if they are missing.
};
/// Opens the warehouse. Errors: invalid_config.
[[nodiscard]] Result<load::ConnectWarehouse> warehouse(const Context& context, WarehouseUse use);

/// The same, opened now and with the tables of this version. Errors: those of opening it, and of
/// load::migrate_warehouse().
[[nodiscard]] Result<std::unique_ptr<sql::Connection>> migrated_warehouse(const Context& context,
                                                                          WarehouseUse use);

/// What `--reason` says, without blanks around it. Errors: usage: nothing, or no UTF-8.
[[nodiscard]] Result<std::string> given_reason(const Context& context);

/// `--platform`, `--shop-url`
[[nodiscard]] std::vector<Flag> shop_flags();

/// The platform of the shop, and the settings with which it is read.
struct ChosenShop {
  const load::Platform& platform;
  config::Settings settings;  ///< With --shop-url in its place.
};
/// Errors: usage: there is no such platform, or it has no place for --shop-url.
[[nodiscard]] Result<ChosenShop> chosen_shop(const Context& context);

/// `load.history_start`. Errors: invalid_config.
[[nodiscard]] Result<CivilTime> history_start(const Context& context);

/// Mode and range by the flags --from, --to, --incremental, --rescan if the command takes them
/// (`windows`), else the usual mode; the rest of `load.*`. Errors: usage; invalid_config.
[[nodiscard]] Result<load::LoadOptions> load_options(const Context& context, load::LoadMode usual,
                                                     bool windows);

/// One id on a line; empty lines and what begins with # are passed over. At least one.
/// Errors: usage; those of opening a file.
[[nodiscard]] Result<std::vector<std::string>> ids_in_file(const std::string& path);

}  // namespace tidemark::cli
