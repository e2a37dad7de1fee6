#include "api/schedule_part.h"

#include <utility>

#include "run/state_database.h"

namespace tidemark::api {

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
              std::move(options.jobs), launcher_, clock, random_) {}

Result<std::unique_ptr<sql::Connection>> SchedulePart::connect() const {
  return run::open_shared_state(state_);
}

}  // namespace tidemark::api
