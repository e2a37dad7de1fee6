#include "cli/doctor_hub.h"

#include <filesystem>
#include <optional>

#include "alert/doctor.h"
#include "cli/alert_settings.h"
#include "cli/doctor_report.h"
#include "cli/recording.h"
#include "cli/serve_secrets.h"
#include "relay/doctor/doctor.h"
#include "sql/connection.h"

namespace tidemark::cli {
namespace {

/// The master key, where it is known without being made.
Result<std::optional<relay::SecretBox>> known_secrets(const Context& context,
                                                      const sql::Url& state) {
  const auto given = config::read_variable(context.world.environment, "TIDEMARK_MASTER_KEY");
  if (!given) return fail(given.error());
  std::error_code code;
  const bool beside =
      state.dialect == sql::Dialect::sqlite && std::filesystem::exists(key_file_of(state), code);
  if (!*given && !beside) return std::nullopt;
  auto box = open_secret_box(context, state);
  if (!box) return fail(std::move(box));
  return std::optional(std::move(*box));
}

/// The alert channels of this configuration: whether they are right, and how the hub fared with
/// them. A state that no hub with alerts has opened yet says nothing of them.
std::vector<run::Finding> examine_alerts(const Context& context, sql::Connection& connection) {
  const auto options = alert_options(context.settings);
  if (!options) return {run::unchecked("alert_settings", options.error(), run::Verdict::failure)};
  std::vector<std::string> names;
  for (const alert::ChannelSpec& channel : options->channels) names.push_back(channel.options.name);
  return alert::examine_channels(connection, names);
}

std::vector<run::Finding> examine(const Context& context, const sql::Url& url) {
  const auto connection = sql::connect(url, {.read_only = true});
  if (!connection) return {run::unchecked("connection", connection.error(), run::Verdict::failure)};
  std::vector<run::Finding> findings{
      {.check = "connection", .what = say({"{}", "{}"}, url.redacted())}};
  const auto secrets = known_secrets(context, url);
  if (!secrets)
    findings.push_back(run::unchecked("master_key", secrets.error(), run::Verdict::failure));
  const bool known = secrets && *secrets;
  auto found = relay::examine_hub({.connection = **connection,
                                   .now = context.world.clock.wall(),
                                   .retention = std::chrono::duration_cast<std::chrono::hours>(
                                       context.settings.duration("relay.retention")),
                                   .secrets = known ? &**secrets : nullptr});
  std::ranges::move(found, std::back_inserter(findings));
  found = examine_alerts(context, **connection);
  std::ranges::move(found, std::back_inserter(findings));
  return findings;
}

}  // namespace

Result<ExitCode> examine_hub_state(Context& context) {
  for (const std::string_view flag : {"--create-index", "--export", "--source", "--output-dir"})
    if (context.arguments.has(flag))
      return fail(ErrorKind::usage,
                  {"{} is about an export, not about a hub", "{} 用于导出，不能与 --hub 同用"},
                  flag);
  const Result<run::LedgerOptions> ledger = ledger_options(context);
  if (!ledger) return fail(ledger.error());
  const std::vector<run::Finding> findings = examine(context, ledger->state);
  return report_findings(context, findings, {"state", ledger->state.redacted()});
}

}  // namespace tidemark::cli
