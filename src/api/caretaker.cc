#include "api/caretaker.h"

#include <fmt/format.h>

#include "base/log.h"

namespace tidemark::api {
namespace {

constexpr std::chrono::milliseconds tick{1000};
/// While there is much to delete.
constexpr std::chrono::milliseconds tick_pruning{20};
constexpr std::chrono::seconds pulse_every{1};
constexpr std::chrono::seconds token_uses_every{60};
constexpr std::chrono::seconds token_reload_every{2};
constexpr std::chrono::seconds prune_every{60};
constexpr std::chrono::hours event_prune_every{6};

void report(std::string_view what, const Error& error) {
  log_line(LogLevel::warning, fmt::format("{}: {}", what, error.what.en));
}

}  // namespace

Caretaker::Caretaker(Services& services, Pulse& pulse, CaretakerOptions options)
    : services_(services),
      pulse_(pulse),
      options_(options),
      pruner_(services.hub, options.retention),
      next_token_uses_(services.clock.steady() + token_uses_every),
      thread_([this] { work(); }) {}

Caretaker::~Caretaker() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Caretaker::work() {
  while (true) {
    if (is_time(next_pulse_, pulse_every)) pulse_.ask();
    if (is_time(next_token_uses_, token_uses_every)) store_token_uses();
    if (options_.shared_state && is_time(next_token_reload_, token_reload_every)) reload_tokens();
    if (options_.retention.count() > 0) prune();
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, pruner_.busy() ? tick_pruning : tick, [this] { return stopping_; }))
      return;
  }
}

bool Caretaker::is_time(SteadyTime& next, std::chrono::seconds every) const {
  const SteadyTime now = services_.clock.steady();
  if (now < next) return false;
  next = now + every;
  return true;
}

void Caretaker::store_token_uses() {
  auto uses = services_.tokens.take_uses();
  if (uses.empty()) return;
  services_.hub.change(
      [uses = std::move(uses)](relay::Engine& engine) -> Result<void> {
        for (const auto& [id, used_at] : uses)
          if (Result<void> stored = store_token_use(engine.store().connection(), id, used_at);
              !stored)
            return stored;
        return {};
      },
      [](const Result<void>& done) {
        if (!done) report("last use of tokens", done.error());
      });
}

void Caretaker::reload_tokens() {
  services_.reads.ask<std::vector<Token>>(
      all_tokens, [&tokens = services_.tokens,
                   changes = services_.tokens.changes()](const Result<std::vector<Token>>& read) {
        if (read)
          tokens.load(*read, changes);
        else
          report("tokens", read.error());
      });
}

void Caretaker::prune() {
  if (!pruner_.busy() && is_time(next_prune_, prune_every))
    pruner_.begin(is_time(next_event_prune_, event_prune_every));
  pruner_.step();
}

}  // namespace tidemark::api
