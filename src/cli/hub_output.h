#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/running_hub.h"

namespace tidemark::cli {

/// A column of a list from the hub: the member it shows, and its heading.
struct HubColumn {
  std::string_view member;
  Wording heading;
};

/// Shows `rows`: as a table, or with --json a line each, as the hub sent them. `nothing` is said
/// when there are none.
void show_rows(const Context& context, const nlohmann::ordered_json& rows,
               std::span<const HubColumn> columns, Wording nothing);

/// Shows one object, a line for each member; with --json as one line. Lists and objects inside are
/// shown as JSON.
void show_object(const Context& context, const nlohmann::ordered_json& object);

/// Asks the running hub and shows the object that it answers with. `ask(relay::HubClient&)` gives
/// the answer's JSON.
template <class Ask>
[[nodiscard]] Result<ExitCode> ask_and_show(Context& context, Ask ask) {
  Result<relay::HubClient> hub = running_hub(context);
  if (!hub) return fail(std::move(hub));
  const Result<nlohmann::ordered_json> answer = ask(*hub);
  if (!answer) return fail(answer.error());
  show_object(context, *answer);
  return ExitCode::done;
}

/// A value as a person reads it: texts bare, `-` for null.
[[nodiscard]] std::string plain_text(const nlohmann::ordered_json& value);

/// Follows next_cursor until `limit` rows are there, or no more. Errors: those of HubClient.
[[nodiscard]] Result<nlohmann::ordered_json> all_rows(relay::HubClient& hub,
                                                      const std::string& path,
                                                      relay::HubClient::Query query,
                                                      std::int64_t limit);

}  // namespace tidemark::cli
