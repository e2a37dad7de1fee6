#include "cli/load_settings.h"

#include <array>
#include <filesystem>
#include <fstream>

#include "base/bytes.h"
#include "cli/flag_value.h"
#include "config/source_url.h"
#include "config/value.h"
#include "load/cell.h"
#include "load/platforms.h"
#include "load/schema.h"
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
  // Times on the command line are those of UTC+8. Nothing would be read, as if it were done.
  constexpr std::chrono::hours china{8};
  const CivilTime now = load::local_time(context.world.clock.wall(), china);
  if (now < range.from)
    return fail(make_error(ErrorKind::usage,
                           {"{} to {} lies in the future: this machine's clock shows {} (UTC+8)",
                            "{} 至 {} 位于未来：本机时钟为 {}（UTC+8）"},
                           range.from.text(), range.upto.text(), now.floor_to(0).text())
                    .with_hint({"see whether the year is right, and the clock",
                                "请检查年份和本机时钟是否正确"}));
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

std::string stream_names() {
  std::string names;
  for (const load::StreamKind stream : load::all_streams)
    names += fmt::format("{}{}", names.empty() ? "" : ", ", load::name(stream));
  return names;
}

}  // namespace

Flag warehouse_flag() {
  return {.names = "--warehouse",
          .kind = FlagKind::value,
          .key = "load.warehouse",
          .placeholder = "URL"};
}

Result<load::ConnectWarehouse> warehouse(const Context& context, WarehouseUse use) {
  Result<config::DatabaseAddress> address =
      config::warehouse_database(context.settings, context.world.environment);
  if (!address) return fail(std::move(address).error());
  Result<sql::Url> url = sql::Url::parse(address->url);
  if (!url) return fail(std::move(url).error());
  if (!url->password) url->password = address->password;
  return [url = std::move(*url), use]() -> Result<std::unique_ptr<sql::Connection>> {
    const bool fill = use == WarehouseUse::fill;
    const std::filesystem::path folder = std::filesystem::path(url.path).parent_path();
    if (fill && !folder.empty())
      if (Result<void> made = run::make_private_folder(folder); !made)
        return fail(std::move(made).error());
    auto connection = sql::connect(url, {.read_only = use == WarehouseUse::read, .create = fill});
    if (connection || connection.error().kind != ErrorKind::not_found) return connection;
    return fail(
        std::move(connection)
            .error()
            .with_hint({"--warehouse (load.warehouse) says where it is; the first load makes it",
                        "数仓的位置由 --warehouse（load.warehouse）指定；首次加载时创建"}));
  };
}

Result<std::unique_ptr<sql::Connection>> migrated_warehouse(const Context& context,
                                                            WarehouseUse use) {
  Result<load::ConnectWarehouse> connect = warehouse(context, use);
  if (!connect) return fail(std::move(connect).error());
  Result<std::unique_ptr<sql::Connection>> connection = (*connect)();
  if (!connection) return connection;
  if (Result<void> migrated = load::migrate_warehouse(**connection); !migrated)
    return fail(std::move(migrated).error());
  return connection;
}

Result<std::string> given_reason(const Context& context) {
  const std::string given = context.arguments.value("--reason").value_or("");
  if (!is_utf8(given))
    return fail(ErrorKind::usage, {"--reason is not UTF-8", "--reason 不是有效的 UTF-8 文本"});
  constexpr std::array<std::string_view, 5> blanks = {" ", "\t", "\n", "\r", "\u3000"};
  std::string_view reason = given;
  for (bool more = true; more;) {
    more = false;
    for (const std::string_view blank : blanks) {
      if (reason.starts_with(blank)) {
        reason.remove_prefix(blank.size());
        more = true;
      }
      if (reason.ends_with(blank)) {
        reason.remove_suffix(blank.size());
        more = true;
      }
    }
  }
  if (reason.empty()) return fail(ErrorKind::usage, {"--reason is needed", "必须给出 --reason"});
  return std::string(reason);
}

Flag platform_flag() {
  return {.names = "--platform",
          .kind = FlagKind::value,
          .key = "load.platform",
          .placeholder = "NAME"};
}

Result<load::StreamKind> named_stream(const std::string& word) {
  if (const std::optional<load::StreamKind> stream = load::stream_named(word)) return *stream;
  return fail(make_error(ErrorKind::usage, {"no stream is called '{}'", "没有名为“{}”的数据流"},
                         printable(word))
                  .with_hint({"streams: {}", "数据流：{}"}, stream_names()));
}

std::vector<Flag> shop_flags() {
  using enum FlagKind;
  return {platform_flag(),
          {.names = "--shop-url",
           .kind = value,
           .placeholder = "URL",
           .text = {"Where the shop is, or a sandbox of it; else the setting of its platform "
                    "(xiaoe.url)",
                    "店铺或沙箱的地址；缺省取平台的设置（xiaoe.url）"}}};
}

Result<ChosenShop> chosen_shop(const Context& context) {
  const std::string& name = context.settings.text("load.platform");
  const load::Platform* platform = load::platform_named(name);
  if (platform == nullptr)
    return fail(ErrorKind::usage, {"no platform is called '{}'", "没有名为“{}”的平台"},
                printable(name));
  const std::optional<std::string> url = context.arguments.value("--shop-url");
  if (!url) return ChosenShop{.platform = *platform, .settings = context.settings};
  if (platform->url_setting().empty())
    return fail(ErrorKind::usage, {"{} takes no --shop-url", "{} 不支持 --shop-url"},
                platform->name());
  config::Setting setting{.value = *url, .origin = config::Origin::flag, .where = "--shop-url"};
  return ChosenShop{.platform = *platform,
                    .settings = context.settings.with(platform->url_setting(), std::move(setting))};
}

Result<CivilTime> history_start(const Context& context) {
  const std::optional<CivilTime> start =
      CivilTime::parse(context.settings.text("load.history_start"));
  if (!start)
    return fail(ErrorKind::invalid_config,
                {"load.history_start: '{}' is no day such as 2025-01-31",
                 "load.history_start：“{}”不是日期，如 2025-01-31"},
                printable(context.settings.text("load.history_start")));
  return start->floor_to(0);
}

Result<load::LoadOptions> load_options(const Context& context, load::LoadMode usual, bool windows) {
  const Arguments& arguments = context.arguments;
  load::LoadOptions options{.mode = usual};
  const Result<CivilTime> start = history_start(context);
  if (!start) return fail(start.error());
  options.history_start = *start;
  options.margin =
      std::chrono::duration_cast<std::chrono::seconds>(context.settings.duration("load.margin"));
  options.usual_rescan =
      std::chrono::duration_cast<std::chrono::seconds>(context.settings.duration("load.rescan"));
  options.dry_run = arguments.has("--dry-run");
  if (!windows) return options;
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
  } else if (arguments.has("--incremental")) {
    options.mode = load::LoadMode::incremental;
  }
  return options;
}

Result<std::vector<std::string>> ids_in_file(const std::string& path) {
  constexpr std::size_t id_bytes_max = 128;
  std::ifstream file(path);
  if (!file) return fail(ErrorKind::not_found, {"cannot open {}", "无法打开 {}"}, printable(path));
  std::vector<std::string> ids;
  std::uint64_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (line.empty() || line.starts_with('#')) continue;
    if (line.size() > id_bytes_max || !is_utf8(line) || line.contains('\0'))
      return fail(ErrorKind::usage, {"{}, line {}: that is no id", "{} 第 {} 行不是编号"},
                  printable(path), number);
    ids.push_back(std::move(line));
  }
  if (ids.empty())
    return fail(ErrorKind::usage, {"{} names no id", "{} 中没有编号"}, printable(path));
  return ids;
}

}  // namespace tidemark::cli
