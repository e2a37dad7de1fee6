#include "cli/doctor_load.h"

#include <filesystem>

#include "cli/doctor_report.h"
#include "cli/load_settings.h"
#include "config/source_url.h"
#include "load/doctor/warehouse_checks.h"
#include "sql/connection.h"

namespace tidemark::cli {
namespace {

using run::Finding;
using run::Verdict;

std::vector<Finding> examine_chosen_warehouse(const Context& context, const sql::Url& url,
                                              std::chrono::seconds margin) {
  const bool file = url.dialect == sql::Dialect::sqlite;
  std::error_code code;
  if (file && !std::filesystem::exists(url.path, code))
    return {{.check = "connection",
             .what = say({"{}: not there yet; the first load makes it", "{}：尚无；首次加载时创建"},
                         url.redacted())},
            load::check_warehouse_disk(url.path)};
  const auto connection = sql::connect(url, {.read_only = file});
  if (!connection) {
    Finding finding = run::unchecked("connection", connection.error(), Verdict::failure);
    // Its first pages: the tables cannot even be named.
    if (file && connection.error().kind == ErrorKind::corrupt) {
      const Message mend = load::mend_of_damaged_file();
      finding.mend = {"see that this is the warehouse's file, which then is damaged: " + mend.en,
                      "请确认这确是数仓文件；若是，则文件已损坏：" + mend.zh};
    }
    return {std::move(finding)};
  }
  const Result<CivilTime> start = history_start(context);
  if (!start) return {run::unchecked("connection", start.error(), Verdict::failure)};
  std::vector<Finding> findings{{.check = "connection", .what = say({"{}", "{}"}, url.redacted())}};
  const load::WarehousePatient patient{.connection = **connection,
                                       .path = file ? url.path : std::string(),
                                       .clock = context.world.clock,
                                       .history_start = *start,
                                       .margin = margin};
  std::ranges::move(load::examine_warehouse(patient), std::back_inserter(findings));
  return findings;
}

}  // namespace

Result<ExitCode> examine_load(Context& context) {
  for (const std::string_view flag :
       {"--create-index", "--export", "--source", "--output-dir", "--hub", "--state"})
    if (context.arguments.has(flag))
      return fail(ErrorKind::usage, {"{} does not go with --load", "{} 不能与 --load 同用"}, flag);
  const Result<config::DatabaseAddress> address =
      config::warehouse_database(context.settings, context.world.environment);
  if (!address) return fail(address.error());
  Result<sql::Url> url = sql::Url::parse(address->url);
  if (!url) return fail(std::move(url).error());
  if (!url->password) url->password = address->password;
  const auto margin =
      std::chrono::duration_cast<std::chrono::seconds>(context.settings.duration("load.margin"));
  const Result<ChosenShop> shop = chosen_shop(context);
  if (!shop) return fail(shop.error());
  std::vector<Finding> findings = shop->platform.examine(shop->settings, context.world.clock);
  std::ranges::move(examine_chosen_warehouse(context, *url, margin), std::back_inserter(findings));
  return report_findings(context, findings, {"warehouse", url->redacted()});
}

}  // namespace tidemark::cli
