#include "run/run_record.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/civil_time.h"
#include "base/utc_text.h"

namespace tidemark::run {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 6> status_names = {"running", "success",   "partial",
                                                          "failed",  "cancelled", "stale"};
constexpr auto stale_here_after = 1min;
constexpr auto stale_elsewhere_after = 5min;

std::string text_at(const Json& line, const char* key) { return line.at(key).get<std::string>(); }

}  // namespace

std::string_view name(RunStatus status) {
  return status_names.at(static_cast<std::size_t>(status));
}

std::optional<RunStatus> parse_run_status(std::string_view text) {
  for (std::size_t i = 0; i < status_names.size(); ++i)
    if (status_names.at(i) == text) return static_cast<RunStatus>(i);
  return std::nullopt;
}

RunStatus shown_status(const RunRecord& record, WallTime now, const std::string& this_host) {
  if (record.status != RunStatus::running) return record.status;
  const auto silent = now - record.heartbeat_at;
  const bool here = record.process.host == this_host;
  const bool stale = here ? silent > stale_here_after && !is_alive(record.process)
                          : silent > stale_elsewhere_after;
  return stale ? RunStatus::stale : RunStatus::running;
}

std::string stamp_text(WallTime time) { return utc_stamp(time, 3); }

std::optional<WallTime> parse_stamp(std::string_view text) {
  if (!text.ends_with('Z')) return std::nullopt;
  const auto utc = CivilTime::parse(text.substr(0, text.size() - 1));
  if (!utc) return std::nullopt;
  return WallTime(utc->time().time_since_epoch());
}

std::string to_json(const RunRecord& record) {
  Json line = {{"id", record.id},
               {"job", record.job},
               {"command", record.command},
               {"host", record.process.host},
               {"pid", record.process.pid},
               {"pid_start", record.process.start},
               {"started_at", stamp_text(record.started_at)},
               {"heartbeat_at", stamp_text(record.heartbeat_at)},
               {"ended_at", nullptr},
               {"status", name(record.status)},
               {"counts", nullptr},
               {"error", record.error},
               {"exit_code", nullptr}};
  if (record.ended_at) line["ended_at"] = stamp_text(*record.ended_at);
  if (record.exit_code) line["exit_code"] = *record.exit_code;
  Json counts = Json::parse(record.counts, nullptr, false);
  line["counts"] = counts.is_object() ? std::move(counts) : Json::object();
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<RunRecord> run_record_from_json(std::string_view text) {
  try {
    const Json line = Json::parse(text);
    const auto started_at = parse_stamp(text_at(line, "started_at"));
    const auto heartbeat_at = parse_stamp(text_at(line, "heartbeat_at"));
    const auto status = parse_run_status(text_at(line, "status"));
    if (!started_at || !heartbeat_at || !status) return std::nullopt;
    RunRecord record{.id = text_at(line, "id"),
                     .job = text_at(line, "job"),
                     .command = text_at(line, "command"),
                     .process = {.host = text_at(line, "host"),
                                 .pid = line.at("pid").get<std::int64_t>(),
                                 .start = line.at("pid_start").get<std::int64_t>()},
                     .started_at = *started_at,
                     .heartbeat_at = *heartbeat_at,
                     .status = *status,
                     .counts = line.at("counts").dump(),
                     .error = text_at(line, "error")};
    if (!line.at("ended_at").is_null()) record.ended_at = parse_stamp(text_at(line, "ended_at"));
    if (!line.at("exit_code").is_null()) record.exit_code = line.at("exit_code").get<int>();
    return record;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace tidemark::run
