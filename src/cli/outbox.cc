#include "cli/outbox.h"

#include <algorithm>

#include "base/append_line.h"
#include "base/json_object.h"
#include "base/pause.h"
#include "base/ulid.h"
#include "config/database_url.h"
#include "run/state_folder.h"

namespace tidemark::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::int64_t spool_bytes_max = std::int64_t{1} << 30;
constexpr std::size_t peeked = 100;
/// Another process sends: usually it is done in a moment.
constexpr std::chrono::milliseconds turn_look_every{20};
constexpr int turn_looks_max = 50;

/// The record is neither taken nor refused: it is kept, and so is all that stands behind it.
bool is_for_later(const Error& error) {
  return error.kind == ErrorKind::unreachable || error.kind == ErrorKind::io ||
         error.kind == ErrorKind::unsupported;
}

/// Names the record that the hub fails with.
Error told_of(const Error& error, const std::string& key) {
  if (error.kind != ErrorKind::io) return error;
  return Error(error).within({"the hub fails with the record {}", "hub 处理记录 {} 时出错"}, key);
}

}  // namespace

std::string publish_path(const std::string& record) {
  const auto members = json_members(record);
  const bool is_event =
      members && std::ranges::find(*members, "event", &JsonMember::name) != members->end();
  return is_event ? "/api/v1/events" : "/api/v1/vouchers";
}

Result<Outbox> Outbox::open(const Context& context, relay::HubClient& hub) {
  const std::filesystem::path spools = run::state_folder(context.world.environment) / "spool";
  if (Result<void> made = run::make_private_folder(spools); !made)
    return fail(std::move(made).error());
  std::filesystem::path folder = spools / config::percent_encoded(hub.server());
  Result<relay::Spool> spool = relay::Spool::open(folder, spool_bytes_max);
  if (!spool) return fail(std::move(spool));
  Outbox outbox(context, hub, std::move(folder), std::move(*spool));
  StoppablePause pause(context.world.stop);
  for (int looks = 0; true; ++looks) {
    const Result<bool> ours = outbox.take_turn();
    if (!ours) return fail(ours.error());
    if (*ours || looks == turn_looks_max || !pause.wait(turn_look_every)) return outbox;
  }
}

Result<bool> Outbox::take_turn() {
  if (reader_) return true;
  Result<relay::SpoolReader> reader = relay::SpoolReader::open(folder_);
  if (!reader && reader.error().kind != ErrorKind::locked) return fail(std::move(reader));
  if (reader) reader_ = std::move(*reader);
  return reader_.has_value();
}

Result<void> Outbox::set_aside(const relay::SpoolRecord& record, const Error& error) const {
  const ordered_json line{{"key", record.key}, {"error", error.what.en}, {"record", record.bytes}};
  return append_line((folder_ / "refused.ndjson").string(),
                     line.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
}

Result<bool> Outbox::drain() {
  while (!context_->world.stop.requested()) {
    const auto records = reader_->peek(peeked);
    if (!records) return fail(records.error());
    if (records->empty()) {
      kept_.clear();  // Others may have sent some of them.
      return true;
    }
    for (const relay::SpoolRecord& record : *records) {
      const auto answer = hub_->post(publish_path(record.bytes), record.bytes, record.key);
      if (!answer && is_for_later(answer.error())) {
        stopped_ = told_of(answer.error(), record.key);
        return false;
      }
      if (!answer && answer.error().kind != ErrorKind::rejected) return fail(answer.error());
      if (!answer) {
        if (Result<void> kept = set_aside(record, answer.error()); !kept)
          return fail(std::move(kept));
        ++refused_;
      } else {
        ++sent_;
      }
      if (Result<void> done = reader_->acknowledge(record); !done) return fail(std::move(done));
      kept_.erase(record.key);
    }
  }
  return false;
}

Result<std::optional<ordered_json>> Outbox::publish(const std::string& record) {
  const std::string key = make_ulid(context_->world.clock.wall(), context_->world.random);
  // A hub that is away is asked once, not for every record.
  if (!stopped_) {
    const Result<bool> ours = take_turn();
    if (!ours) return fail(ours.error());
    // What another process put on disk meanwhile is older.
    const Result<bool> empty = *ours ? drain() : Result<bool>(false);
    if (!empty) return fail(empty.error());
    if (*empty) {
      Result<ordered_json> answer = hub_->post(publish_path(record), record, key);
      if (answer) return std::optional<ordered_json>(std::move(*answer));
      if (!is_for_later(answer.error())) return fail(std::move(answer));
      stopped_ = told_of(answer.error(), key);
    }
  }
  if (Result<void> kept = spool_.append(key, record); !kept) return fail(std::move(kept).error());
  kept_.insert(key);
  return std::optional<ordered_json>{};
}

Result<void> Outbox::finish() {
  while (!stopped_) {
    const Result<bool> ours = take_turn();
    if (!ours) return fail(ours.error());
    if (*ours) {
      const Result<bool> done = drain();
      // The turn is given back before the last look: who is refused it now has put its record on
      // disk already, and so is either seen here or sends it.
      reader_.reset();
      if (!done) return fail(done.error());
      if (!*done) return {};
    }
    const Result<bool> empty = spool_.is_empty();
    if (!empty) return fail(empty.error());
    if (*empty) kept_.clear();
    left_to_another_ = !*empty && !*ours;
    if (*empty || !*ours) return {};
  }
  return {};
}

}  // namespace tidemark::cli
