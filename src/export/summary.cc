#include "export/summary.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/shell_word.h"

namespace tidemark::exporter {
namespace {

std::string_view mode_name(Mode mode) { return mode == Mode::full ? "full" : "incremental"; }

}  // namespace

ExitCode ExportSummary::exit_code() const {
  if (stopped_by != 0) return exit_code_of_signal(stopped_by);
  if (!errors.empty() || files_failed > 0) {
    const bool nothing_done = rows_written + files_unchanged == 0 && groups_empty == 0;
    // Rows were read and set aside, be there no others.
    const bool set_aside =
        rejected > 0 && files_failed == 0 && std::ranges::all_of(errors, [](const Error& error) {
          return error.kind == ErrorKind::rejected;
        });
    if (!nothing_done || set_aside) return ExitCode::partial;
    for (const Error& error : errors) {
      if (error.kind == ErrorKind::unauthorized) return ExitCode::unauthorized;
      if (error.kind == ErrorKind::unreachable || error.kind == ErrorKind::timeout) {
        return ExitCode::retry_later;
      }
    }
    return ExitCode::failed;
  }
  // Rejects that somebody accepted do not count.
  return rejects_open > 0 || unrepaired() > 0 || tenants_ahead > 0 ? ExitCode::partial
                                                                   : ExitCode::done;
}

std::uint64_t ExportSummary::unrepaired() const {
  if (!options.sweep) return 0;
  std::uint64_t left = rows_gone - gone_removed + files_unknown - unknown_removed;
  if (!options.dry_run) return left;
  for (std::size_t kind = 0; kind < finding_kinds; ++kind) {
    if (static_cast<SweepFinding>(kind) == SweepFinding::beyond_watermark) continue;
    left += findings.counts[kind];
  }
  return left;
}

nlohmann::ordered_json findings_json(const SweepFindings& findings) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (std::size_t kind = 0; kind < finding_kinds; ++kind) {
    json[std::string(name(static_cast<SweepFinding>(kind)))] = findings.counts[kind];
  }
  return json;
}

std::string redo_command(const ExportSummary& s, const std::string& command_line) {
  constexpr std::size_t tenants_max = 10;
  if (s.exit_code() == ExitCode::done || command_line.empty()) return {};
  if (s.options.sweep && s.options.dry_run && s.nothing_failed()) return command_line + " --apply";
  // A watermark in the future: the same run again would end the same way.
  if (s.nothing_failed() && s.rejects_open == 0 && s.unrepaired() == 0) return {};
  std::string command = command_line;
  std::size_t failed = 0;
  std::set<std::string> reasons;
  for (const TenantReport& tenant : s.tenants) {
    if (!tenant.error) continue;
    ++failed;
    command += " --tenant " + shell_quoted(tenant.tenant);
    reasons.insert(tenant.error->what.en);
  }
  // What is no tenant's fault, or was not tried, needs the whole command.
  const bool narrow = s.stopped_by == 0 && s.options.tenants.empty() && !s.options.limit &&
                      failed > 0 && failed <= tenants_max &&
                      std::ranges::all_of(s.errors, [&](const Error& error) {
                        return reasons.contains(error.what.en);
                      });
  return narrow ? command : command_line;
}

std::string summary_json(const ExportSummary& s, const std::string& command_line) {
  nlohmann::ordered_json json{
      {"message_type", "summary"},
      {"command", "export " + (s.options.sweep ? std::string("sweep") : s.name)},
      {"mode", mode_name(s.options.mode)},
      {"layout", s.options.layout == Layout::files ? "files" : "ndjson"},
      {"dry_run", s.options.dry_run},
      {"output", s.options.output},
      {"tenants_total", s.tenants_total},
      {"groups_total", s.groups_total},
      {"groups_ok", s.groups_ok},
      {"groups_failed", s.groups_failed},
      {"groups_empty", s.groups_empty},
      {"rows_read", s.rows_read},
      {"rows_written", s.rows_written},
      {"files_written", s.files_written},
      {"files_unchanged", s.files_unchanged},
      {"files_removed", s.files_removed},
      {"files_failed", s.files_failed},
      {"rejected", s.rejected},
      {"rejects_open", s.rejects_open},
      {"tenants_ahead", s.tenants_ahead},
      {"collisions", s.collisions},
      {"rows_gone", s.rows_gone},
      {"gone_removed", s.gone_removed},
      {"bytes_written", s.bytes_written},
      {"seconds", s.seconds},
  };
  if (s.boundary) {
    json["boundary"] = s.boundary->upto.text();
    json["database_now"] = s.boundary->now.text(3);
    json["held_back_by"] = nullptr;
    if (s.boundary->held_back_by) {
      json["held_back_by"] = {{"who", s.boundary->held_back_by->who.en},
                              {"since", s.boundary->held_back_by->since.text()}};
    }
    json["missing_grant"] = s.boundary->missing_grant;
  }
  if (s.options.sweep) {
    json["findings"] = findings_json(s.findings);
    json["finding_examples"] = nlohmann::ordered_json::array();
    for (const SweepFindings::Example& example : s.findings.examples) {
      json["finding_examples"].push_back(
          {{"finding", name(example.kind)}, {"key", example.key.text()}, {"path", example.path}});
    }
    json["files_unknown"] = s.files_unknown;
    json["unknown_removed"] = s.unknown_removed;
    json["unknown_examples"] = s.unknown_examples;
    json["files_foreign"] = s.files_foreign;
    json["foreign_examples"] = s.foreign_examples;
  }
  json["tenants"] = nlohmann::ordered_json::array();
  for (const TenantReport& tenant : s.tenants) {
    nlohmann::ordered_json entry{{"tenant", tenant.tenant},
                                 {"from", tenant.from.text()},
                                 {"to", tenant.to.text()},
                                 {"records", tenant.records},
                                 {"status", watermark::name(tenant.status)}};
    if (tenant.error) entry["error"] = tenant.error->what.en;
    json["tenants"].push_back(std::move(entry));
  }
  json["errors"] = nlohmann::ordered_json::array();
  for (const Error& error : s.errors) {
    json["errors"].push_back({{"kind", name(error.kind)}, {"message", error.what.en}});
  }
  json["notes"] = nlohmann::ordered_json::array();
  for (const Message& note : s.notes) json["notes"].push_back(note.en);
  if (const std::string redo = redo_command(s, command_line); !redo.empty()) json["redo"] = redo;
  json["exit_code"] = static_cast<int>(s.exit_code());
  // Tenants are the source's bytes; what is not UTF-8 shows as U+FFFD.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace tidemark::exporter
