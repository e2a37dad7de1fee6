#include "cli/hub_output.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "cli/text_table.h"
#include "cli/wrap.h"

namespace tidemark::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::int64_t page_max = 500;
constexpr std::size_t label_columns = 22;

}  // namespace

std::string plain_text(const ordered_json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return printable(value.get<std::string>(), 4096);
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

void show_rows(const Context& context, const ordered_json& rows, std::span<const HubColumn> columns,
               Wording nothing) {
  if (context.json) {
    for (const ordered_json& row : rows) context.world.out.json(row);
    return;
  }
  if (rows.empty()) {
    context.world.out.line(nothing.in(context.language));
    return;
  }
  TextTable table(std::vector<TextTable::Align>(columns.size(), TextTable::Align::left));
  std::vector<std::string> cells;
  for (const HubColumn& column : columns) cells.emplace_back(column.heading.in(context.language));
  table.add(cells);
  for (const ordered_json& row : rows) {
    cells.clear();
    for (const HubColumn& column : columns) {
      const auto found = row.find(column.member);
      cells.push_back(found == row.end() ? "-" : plain_text(*found));
    }
    table.add(cells);
  }
  context.world.out.write(table.text());
}

void show_object(const Context& context, const ordered_json& object) {
  if (context.json) {
    context.world.out.json(object);
    return;
  }
  for (const auto& [name, value] : object.items())
    context.world.out.line(fmt::format("{}  {}", pad(name, label_columns), plain_text(value)));
}

Result<ordered_json> all_rows(relay::HubClient& hub, const std::string& path,
                              relay::HubClient::Query query, std::int64_t limit) {
  auto rows = ordered_json::array();
  std::string cursor;
  do {
    relay::HubClient::Query page = query;
    const std::int64_t missing = limit - std::ssize(rows);
    page.emplace_back("limit", fmt::format("{}", std::min(missing, page_max)));
    page.emplace_back("cursor", cursor);
    Result<ordered_json> answer = hub.get(path, page);
    if (!answer) return answer;
    for (ordered_json& row : (*answer)["data"]) rows.push_back(std::move(row));
    const ordered_json& next = (*answer)["next_cursor"];
    cursor = next.is_string() ? next.get<std::string>() : "";
  } while (!cursor.empty() && std::ssize(rows) < limit);
  return rows;
}

}  // namespace tidemark::cli
