#include "api/caretaker.h"

#include <fmt/format.h>

#include "base/log.h"

namespace tidemark::api {
namespace {

constexpr std::chrono::milliseconds tick{1000};
constexpr int ticks_token_uses = 60;
constexpr int ticks_token_reload = 2;
constexpr int ticks_prune = 60;
/// One transaction deletes so many: publishing must not wait long behind it.
constexpr std::int64_t prune_chunk = 500;

void report(std::string_view what, const Error& error) {
  log_line(LogLevel::warning, fmt::format("{}: {}", what, error.what.en));
}

}  // namespace

Caretaker::Caretaker(Services& services, Pulse& pulse, CaretakerOptions options)
    : services_(services), pulse_(pulse), options_(options), thread_([this] { work(); }) {}

Caretaker::~Caretaker() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Caretaker::work() {
  for (int ticks = 0;; ++ticks) {
    pulse_.ask();
    if (ticks % ticks_token_uses == ticks_token_uses - 1) store_token_uses();
    if (options_.shared_state && ticks % ticks_token_reload == 0) reload_tokens();
    if (options_.retention.count() > 0 && ticks % ticks_prune == 0) prune();
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, tick, [this] { return stopping_; })) return;
  }
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
      all_tokens, [&tokens = services_.tokens](const Result<std::vector<Token>>& read) {
        if (read)
          tokens.load(*read);
        else
          report("tokens", read.error());
      });
}

void Caretaker::prune() {
  services_.hub.change(
      [retention = options_.retention](relay::Engine& engine) -> Result<void> {
        const Result<std::int64_t> pruned =
            engine.store().prune(engine.now() - retention, prune_chunk);
        if (!pruned) return fail(pruned.error());
        return {};
      },
      [](const Result<void>& done) {
        if (!done) report("retention", done.error());
      });
}

}  // namespace tidemark::api
