#include "api/pruner.h"

#include "api/replays.h"
#include "base/log.h"
#include "relay/stream/refusals.h"

namespace tidemark::api {
namespace {

/// One transaction looks at so many rows.
constexpr std::int64_t step_rows = 500;

}  // namespace

/// Where the pass goes on.
struct Pruner::Outcome {
  Part part = Part::none;
  std::string after_event{};
};

void Pruner::begin(bool events) {
  if (busy()) return;
  pass_->events = events;
  pass_->after_event.clear();
  pass_->part = Part::finished;
}

Result<Pruner::Outcome> Pruner::take_step(relay::Engine& engine, const Pass& pass,
                                          std::chrono::hours retention) {
  const WallTime before = engine.now() - retention;
  if (pass.part == Part::finished) {
    const Result<bool> more = engine.store().prune_finished(before, step_rows);
    if (!more) return fail(more.error());
    return Outcome{*more ? Part::finished : Part::records};
  }
  if (pass.part == Part::records) {
    sql::Connection& connection = engine.store().connection();
    const Result<bool> replays = prune_replays(connection, before, step_rows);
    if (!replays) return fail(replays.error());
    const Result<bool> refusals = relay::prune_refusals(connection, before, step_rows);
    if (!refusals) return fail(refusals.error());
    if (*replays || *refusals) return Outcome{Part::records};
    return Outcome{pass.events ? Part::events : Part::none};
  }
  Result<std::optional<std::string>> after =
      engine.store().prune_events(before, pass.after_event, step_rows);
  if (!after) return fail(std::move(after));
  if (!*after) return Outcome{};
  return Outcome{Part::events, std::move(**after)};
}

void Pruner::step() {
  if (pass_->stepping.exchange(true)) return;
  if (!busy()) {
    pass_->stepping = false;
    return;
  }
  const auto outcome = std::make_shared<Outcome>();
  hub_.change(
      [pass = pass_, outcome, retention = retention_](relay::Engine& engine) -> Result<void> {
        Result<Outcome> taken = take_step(engine, *pass, retention);
        if (!taken) return fail(std::move(taken));
        *outcome = std::move(*taken);
        return {};
      },
      [pass = pass_, outcome](const Result<void>& done) {
        if (!done) log_line(LogLevel::warning, "retention: " + done.error().what.en);
        pass->after_event = done ? outcome->after_event : std::string();
        pass->part = done ? outcome->part : Part::none;
        pass->stepping = false;
      });
}

}  // namespace tidemark::api
