#include "alert/alarm.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/ulid.h"
#include "sql/transaction.h"

namespace tidemark::alert {
namespace {

constexpr std::chrono::seconds limit_window{60};
constexpr std::int64_t lines_max = 200;
constexpr std::chrono::hours sent_kept{30 * 24};
/// Longer ago than that nobody wants to know what began then; what is on still is told again.
constexpr std::chrono::hours waiting_kept{3 * 24};
constexpr std::chrono::minutes prune_every{10};
constexpr std::chrono::seconds pause_min{10};
constexpr std::chrono::seconds pause_max{600};

/// What the limit has forgotten goes.
void forget_old_sends(ChannelState& state, WallTime now) {
  std::erase_if(state.sends,
                [now](WallTime at) { return at <= now - limit_window || at > now + limit_window; });
}

bool is_full(const ChannelState& state, const ChannelOptions& options) {
  return std::cmp_greater_equal(state.sends.size(), options.per_minute);
}

std::vector<WaitingLine> digest_lines(const std::vector<OutboxLine>& lines) {
  std::vector<WaitingLine> waiting;
  waiting.reserve(lines.size());
  for (const OutboxLine& line : lines)
    waiting.push_back(
        {.level = line.level, .over = line.kind == NoticeKind::over, .text = line.text});
  return waiting;
}

}  // namespace

std::chrono::seconds pause_after(std::int64_t failures, std::chrono::seconds asked) {
  std::chrono::seconds pause = pause_min;
  for (std::int64_t i = 1; i < failures && pause < pause_max; ++i) pause *= 2;
  return std::max(std::min(pause, pause_max), asked);
}

Alarm::Alarm(AlarmOptions options, std::vector<std::unique_ptr<Channel>> channels, Gather gather,
             const Clock& clock, Random& random)
    : options_(std::move(options)),
      channels_(std::move(channels)),
      gather_(std::move(gather)),
      clock_(clock),
      random_(random) {}

std::vector<const Channel*> Alarm::channels() const {
  std::vector<const Channel*> all;
  for (const auto& channel : channels_) all.push_back(channel.get());
  return all;
}

void Alarm::stop() {
  for (const auto& channel : channels_) channel->stop();
}

Result<bool> Alarm::write(sql::Connection& connection, WallTime now,
                          const std::function<Result<void>(AlertStore&)>& work) {
  return sql::in_transaction(connection, [&] {
    AlertStore store(connection);
    Result<bool> held = true;
    if (options_.shared) held = store.take_lease(options_.hub, now, now + options_.lease);
    if (held && *held)
      if (Result<void> done = work(store); !done) held = fail(std::move(done));
    return held;
  });
}

Result<bool> Alarm::turn(sql::Connection& connection) {
  AlertStore store(connection);
  const Result<WallTime> now = store.now(clock_);
  if (!now) return fail(now.error());
  if (options_.shared) {
    const Result<bool> ours = write(connection, *now, [](AlertStore&) { return Result<void>{}; });
    if (!ours || !*ours) return ours;
  }
  if (Result<void> looked = look(connection, *now); !looked) return fail(std::move(looked));
  for (const auto& channel : channels_)
    if (Result<void> sent = send_waiting(connection, *channel); !sent) return fail(std::move(sent));
  return true;
}

Result<void> Alarm::look(sql::Connection& connection, WallTime now) {
  AlertStore store(connection);
  const Result<Figures> figures = gather_(connection);
  if (!figures) return fail(figures.error());
  const auto states = store.states();
  if (!states) return fail(states.error());
  const auto memories = store.memories();
  if (!memories) return fail(memories.error());
  const auto mutes = store.mutes(now);
  if (!mutes) return fail(mutes.error());

  AlertStore::States changed;
  std::vector<Firing> firing;
  for (const Rule& rule : options_.rules) {
    const Figure& figure = (*figures)[rule.subject];
    const auto known = states->find(rule.name());
    const RuleState before = known == states->end() ? RuleState{} : known->second;
    const RuleState after =
        advance(rule, before, breaks(rule, figure, options_.sample_min), now, options_.over_after);
    if (after != before) changed[rule.name()] = after;
    if (after.firing_since)
      firing.push_back({.rule = rule, .since = *after.firing_since, .figure = figure});
  }

  const std::set<Subject> muted = muted_subjects(*mutes);
  std::map<std::string, Memory> remembered;
  std::vector<OutboxLine> lines;
  for (const auto& channel : channels_) {
    const std::string& name = channel->options().name;
    const auto known = memories->find(name);
    const Memory before = known == memories->end() ? Memory{} : known->second;
    const Decision decision =
        decide({.levels = channel->options().levels, .repeat = options_.repeat}, firing, *figures,
               before, muted, now);
    if (decision.memory != before) remembered[name] = decision.memory;
    for (const Notice& notice : decision.notices)
      lines.push_back({.id = {},
                       .channel = name,
                       .subject = notice.subject,
                       .kind = notice.kind,
                       .level = notice.level,
                       .text = line(notice, now).in(options_.language),
                       .created_at = now});
  }
  const bool prune = now - last_prune_ >= prune_every || now < last_prune_;
  if (changed.empty() && remembered.empty() && lines.empty() && !prune) return {};

  // Ids in the order of the lines, though they have one time.
  for (std::size_t i = 0; i < lines.size(); ++i)
    lines[i].id = make_ulid(now + std::chrono::milliseconds(i), random_);
  std::int64_t dropped = 0;
  const Result<bool> stored = write(connection, now, [&](AlertStore& inside) -> Result<void> {
    for (const auto& [rule, state] : changed)
      if (Result<void> done = inside.put_state(rule, state); !done) return done;
    for (const auto& [channel, memory] : remembered)
      if (Result<void> done = inside.put_memory(channel, memory); !done) return done;
    for (const OutboxLine& line : lines)
      if (Result<void> done = inside.add_line(line); !done) return done;
    if (!prune) return {};
    const auto pruned = inside.prune(now - sent_kept, now - waiting_kept);
    if (!pruned) return fail(pruned.error());
    dropped = *pruned;
    return {};
  });
  if (!stored) return fail(stored.error());
  if (!*stored) return {};
  if (prune) last_prune_ = now;
  if (dropped > 0)
    log_line(
        LogLevel::error,
        fmt::format("alerts: {} lines could not be sent for three days and are given up", dropped));
  for (const auto& [rule, state] : changed) {
    const auto before = states->find(rule);
    const bool was_on = before != states->end() && before->second.firing_since.has_value();
    if (was_on != state.firing_since.has_value())
      log_line(was_on ? LogLevel::info : LogLevel::warning,
               fmt::format("alert {} {}", rule, was_on ? "is over" : "is on"));
  }
  return {};
}

void Alarm::account(ChannelState& state, const std::expected<void, SendFault>& sent, WallTime now) {
  state.sends.push_back(now);
  if (sent) {
    state.failures = 0;
    state.retry_at.reset();
    state.last_sent_at = now;
    state.last_error.clear();
    return;
  }
  ++state.failures;
  state.retry_at = now + pause_after(state.failures, sent.error().wait);
  state.last_error = sent.error().what;
  state.last_error_at = now;
}

Result<void> Alarm::send_waiting(sql::Connection& connection, Channel& channel) {
  AlertStore store(connection);
  const ChannelOptions& options = channel.options();
  const auto lines = store.waiting(options.name, lines_max);
  if (!lines) return fail(lines.error());
  if (lines->empty()) return {};
  const Result<WallTime> now = store.now(clock_);
  if (!now) return fail(now.error());
  auto states = store.channels();
  if (!states) return fail(std::move(states));
  ChannelState& state = (*states)[options.name];
  forget_old_sends(state, *now);
  // A clock that was set back must not silence a channel for longer than a pause can be.
  if (state.retry_at && *state.retry_at > *now && *state.retry_at <= *now + pause_max) return {};
  if (is_full(state, options)) return {};
  Result<bool> ours = true;
  if (options_.shared) ours = write(connection, *now, [](AlertStore&) { return Result<void>{}; });
  if (!ours || !*ours) return ours ? Result<void>{} : fail(std::move(ours));

  Digest digest =
      make_digest(digest_lines(*lines), options_.site, options.bytes_max, options_.language);
  digest.id = lines->back().id;
  const auto sent = channel.send(digest, clock_.wall());
  account(state, sent, *now);
  const Result<bool> stored = write(connection, *now, [&](AlertStore& inside) -> Result<void> {
    if (Result<void> done = inside.put_channel(options.name, state); !done) return done;
    if (!sent) return {};
    return inside.mark_sent(options.name, lines->back().id, *now);
  });
  if (!sent)
    log_line(LogLevel::warning,
             fmt::format("alerts: {} did not take a message: {}", options.name, sent.error().what));
  if (!stored) return fail(stored.error());
  return {};
}

Result<void> Alarm::test(sql::Connection& connection, const std::string& name) {
  const auto found = std::ranges::find_if(
      channels_, [&](const auto& channel) { return channel->options().name == name; });
  if (found == channels_.end())
    return fail(ErrorKind::not_found, {"no channel {} is configured", "没有配置渠道 {}"}, name);
  Channel& channel = **found;
  AlertStore store(connection);
  const Result<WallTime> now = store.now(clock_);
  if (!now) return fail(now.error());
  auto states = store.channels();
  if (!states) return fail(std::move(states));
  ChannelState& state = (*states)[name];
  forget_old_sends(state, *now);
  if (is_full(state, channel.options()))
    return fail(ErrorKind::rejected,
                {"{} has had its {} messages of this minute", "{} 本分钟内已发送 {} 条消息"}, name,
                channel.options().per_minute);
  const Message text = {"This is a test. Alerts of this hub arrive here.",
                        "这是一条测试消息，本 hub 的告警将发送到这里。"};
  Digest digest =
      make_digest({{.level = Level::notice, .over = false, .text = text.in(options_.language)}},
                  options_.site, channel.options().bytes_max, options_.language);
  digest.id = make_ulid(*now, random_);
  const auto sent = channel.send(digest, clock_.wall());
  account(state, sent, *now);
  const auto store_state = [&] { return store.put_channel(name, state); };
  if (Result<void> stored = sql::in_transaction(connection, store_state); !stored) return stored;
  if (!sent) return fail(ErrorKind::rejected, {"{}", "{}"}, sent.error().what);
  return {};
}

Result<void> Alarm::release(sql::Connection& connection) {
  if (!options_.shared) return {};
  return AlertStore(connection).release_lease(options_.hub);
}

}  // namespace tidemark::alert
