#include "cli/load_settings.h"

#include <filesystem>

#include "base/bytes.h"
#include "cli/flag_value.h"
#include "config/source_url.h"
#include "config/value.h"
#include "run/state_folder.h"

namespace tidemark::cli {
namespace {

constexpr std::size_t day_length = std::string_view("2025-12-31").size();
constexpr std::chrono::seconds second{1};

/// A day is meant to its end.
Result<load::TimeWindow> range_of(const Context& context) {
  const auto from = time_flag(context.arguments, "--from");
  if (!from) return fail(from.error());
  const auto to = time_flag(context.arguments, "--to");
  if (!to) return fail(to.error());
  if (!*from || !*to)
    return fail(ErrorKind::usage, {"--from and --to go together", "--from 和 --to 必须同时给出"});
  load::TimeWindow range{(*from)->floor_to(0), (*to)->floor_to(0)};
  if (context.arguments.value("--to")->size() == day_length)
    range.upto += std::chrono::days(1) - second;
  if (range.empty()) return fail(ErrorKind::usage, {"--to is before --from", "--to 早于 --from"});
  return range;
}

Result<std::chrono::seconds> rescan_of(const Context& context, const std::string& given) {
  const std::string& text = given.empty() ? context.settings.text("load.rescan") : given;
  const Result<std::chrono::milliseconds> duration = config::parse_duration(text);
  if (!duration || *duration < second)
    return fail(ErrorKind::usage,
                {"--rescan takes a duration such as 15d, not '{}'",
                 "--rescan 需要时长，如 15d，不能是“{}”"},
                printable(text));
  return std::chrono::duration_cast<std::chrono::seconds>(*duration);
}

}  // namespace

Flag warehouse_flag() {
  return {.names = "--warehouse",
          .kind = FlagKind::value,
          .key = "load.warehouse",
          .placeholder = "URL"};
}

Result<load::ConnectWarehouse> warehouse(const Context& context, bool read_only) {
  Result<config::DatabaseAddress> address =
      config::warehouse_database(context.settings, context.world.environment);
  if (!address) return fail(std::move(address).error());
  Result<sql::Url> url = sql::Url::parse(address->url);
  if (!url) return fail(std::move(url).error());
  if (!url->password) url->password = address->password;
  return [url = std::move(*url), read_only]() -> Result<std::unique_ptr<sql::Connection>> {
    const std::filesystem::path folder = std::filesystem::path(url.path).parent_path();
    if (!read_only && !folder.empty())
      if (Result<void> made = run::make_private_folder(folder); !made)
        return fail(std::move(made).error());
    return sql::connect(url, {.read_only = read_only, .create = !read_only});
  };
}

load::xiaoe::ClientOptions xiaoe_client_options(const config::Settings& settings) {
  return {.url = settings.text("xiaoe.url"),
          .app_id = settings.text("xiaoe.app_id"),
          .client_id = settings.text("xiaoe.client_id"),
          .secret_key = settings.text("xiaoe.secret_key"),
          .ca_file = settings.text("xiaoe.ca"),
          .timeout = settings.duration("xiaoe.timeout")};
}

load::xiaoe::CodeTexts code_texts(const config::Settings& settings) {
  return settings.text("load.texts") == "official" ? load::xiaoe::CodeTexts::official
                                                   : load::xiaoe::CodeTexts::usual;
}

Result<load::LoadOptions> load_options(const Context& context) {
  const Arguments& arguments = context.arguments;
  load::LoadOptions options;
  const std::optional<CivilTime> start =
      CivilTime::parse(context.settings.text("load.history_start"));
  if (!start)
    return fail(ErrorKind::invalid_config,
                {"load.history_start: '{}' is no day such as 2025-01-31",
                 "load.history_start：“{}”不是日期，如 2025-01-31"},
                printable(context.settings.text("load.history_start")));
  options.history_start = start->floor_to(0);
  options.margin =
      std::chrono::duration_cast<std::chrono::seconds>(context.settings.duration("load.margin"));
  options.usual_rescan =
      std::chrono::duration_cast<std::chrono::seconds>(context.settings.duration("load.rescan"));
  options.dry_run = arguments.has("--dry-run");
  options.restart = arguments.has("--restart");
  const bool ranged = arguments.has("--from") || arguments.has("--to");
  const bool rescans = arguments.has("--rescan");
  if (int{ranged} + int{rescans} + int{arguments.has("--incremental")} > 1)
    return fail(ErrorKind::usage, {"choose one of --from … --to …, --incremental and --rescan",
                                   "--from … --to …、--incremental 和 --rescan 只能选一种"});
  if (ranged) {
    const Result<load::TimeWindow> range = range_of(context);
    if (!range) return fail(range.error());
    options.mode = load::LoadMode::range;
    options.range = *range;
  } else if (rescans) {
    const Result<std::chrono::seconds> rescan =
        rescan_of(context, arguments.value("--rescan").value_or(""));
    if (!rescan) return fail(rescan.error());
    options.mode = load::LoadMode::rescan;
    options.rescan = *rescan;
  }
  return options;
}

}  // namespace tidemark::cli
