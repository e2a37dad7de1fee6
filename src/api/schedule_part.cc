#include "api/schedule_part.h"

#include <utility>

#include "run/state_database.h"

namespace tidemark::api {
namespace {

/// Somebody waits for the answer to a change; changes behind it wait as well.
constexpr std::chrono::seconds change_patience{5};

/// Of one change; SQLite has its own (run::open_state).
std::string_view lock_limit(sql::Dialect dialect) {
  switch (dialect) {
    case sql::Dialect::sqlite:
      return "";
    case sql::Dialect::mysql:
      return "SET SESSION innodb_lock_wait_timeout = 3";
    case sql::Dialect::postgres:
      return "SET lock_timeout = '3s'";
  }
  return "";
}

}  // namespace

SchedulePart::SchedulePart(ScheduleOptions options, const sql::Url& state, std::string hub,
                           const Clock& clock, std::uint64_t seed)
    : state_(state),
      random_(seed),
      launcher_(std::move(options.process)),
      thread_({.hub = std::move(hub),
               .lease = options.lease,
               .alone = state.dialect == sql::Dialect::sqlite,
               .stop_grace = options.stop_grace,
               .connect = [state] { return run::open_shared_state(state); }},
              std::move(options.jobs), launcher_, clock, random_),
      changes_(clock, change_patience) {}

Result<std::unique_ptr<sql::Connection>> SchedulePart::connect() const {
  auto connection = run::open_shared_state(state_);
  if (!connection) return connection;
  if (const std::string_view limit = lock_limit(state_.dialect); !limit.empty())
    if (const auto set = (*connection)->execute(limit); !set) return fail(set.error());
  return connection;
}

}  // namespace tidemark::api
