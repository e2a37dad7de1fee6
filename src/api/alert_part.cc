#include "api/alert_part.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "api/alert_figures.h"
#include "base/last_net.h"
#include "base/log.h"
#include "base/signals_blocked.h"
#include "run/state_database.h"

namespace tidemark::api {
namespace {

/// Longer than any two messages take.
constexpr std::chrono::milliseconds lease_min{60'000};
constexpr std::size_t trials_max = 16;

AlertOptions completed(AlertOptions options, const sql::Url& state, std::string hub) {
  options.alarm.hub = std::move(hub);
  options.alarm.shared = state.dialect != sql::Dialect::sqlite;
  options.alarm.lease = std::max(lease_min, 3 * options.interval);
  return options;
}

}  // namespace

AlertPart::AlertPart(AlertOptions options, const sql::Url& state, std::string hub, WatchedJobs jobs,
                     const Clock& clock, std::uint64_t seed)
    : options_(completed(std::move(options), state, std::move(hub))),
      state_(state),
      jobs_(std::move(jobs)),
      clock_(clock),
      random_(seed) {}

AlertPart::~AlertPart() { stop(); }

Result<void> AlertPart::start() {
  if (!options_.enabled) return {};
  auto client = http::HttpClient::create({.user_agent = "Tidemark", .idle_connections_max = 8});
  if (!client) return fail(std::move(client));
  client_ = std::move(*client);
  std::vector<std::unique_ptr<alert::Channel>> channels;
  for (const alert::ChannelSpec& spec : options_.channels)
    channels.push_back(alert::make_channel(spec, *client_));
  alarm_ = std::make_unique<alert::Alarm>(
      options_.alarm, std::move(channels),
      [this](sql::Connection& connection) {
        return read_alert_figures(connection, jobs_, clock_.wall());
      },
      clock_, random_);
  const SignalsBlocked blocked;
  const std::scoped_lock lock(mutex_);  // The server asks already.
  thread_ = std::thread([this] { work(); });
  return {};
}

void AlertPart::stop() {
  if (!thread_.joinable()) return;
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  alarm_->stop();
  thread_.join();
  // Nothing is answered from another thread once this returns.
  for (Trial& trial : trials_)
    trial.done(
        {{.channel = trial.channel,
          .fault = make_error(ErrorKind::cancelled, {"the hub is stopping", "hub 正在停止"})}});
  trials_.clear();
}

void AlertPart::test(std::string channel, std::move_only_function<void(std::vector<Tried>)> done) {
  const auto refuse = [&](ErrorKind kind, Text<> why) {
    done({{.channel = channel, .fault = make_error(kind, why)}});
  };
  std::unique_lock lock(mutex_);
  if (!thread_.joinable() || stopping_ || trials_.size() >= trials_max) {
    lock.unlock();
    return refuse(ErrorKind::unreachable,
                  {"this hub does not look after alerts now", "此 hub 当前不处理告警"});
  }
  trials_.push_back({.channel = std::move(channel), .done = std::move(done)});
  lock.unlock();
  wake_.notify_all();
}

template <class Work>
auto AlertPart::with_state(Work work) -> decltype(work(std::declval<sql::Connection&>())) {
  return with_last_net([&]() -> decltype(work(std::declval<sql::Connection&>())) {
    auto connection = run::open_shared_state(state_);
    if (!connection) return fail(std::move(connection));
    return work(**connection);
  });
}

void AlertPart::look() {
  const Result<bool> looked =
      with_state([this](sql::Connection& connection) { return alarm_->turn(connection); });
  if (!looked) log_line(LogLevel::warning, fmt::format("alerts: {}", looked.error().what.en));
}

void AlertPart::release() {
  const Result<void> released =
      with_state([this](sql::Connection& connection) { return alarm_->release(connection); });
  if (!released) log_line(LogLevel::info, fmt::format("alerts: {}", released.error().what.en));
}

std::vector<AlertPart::Tried> AlertPart::run_trial(const std::string& channel) {
  std::vector<Tried> tried;
  for (const alert::Channel* each : alarm_->channels()) {
    const std::string& name = each->options().name;
    if (!channel.empty() && name != channel) continue;
    const Result<void> sent =
        with_state([&](sql::Connection& connection) { return alarm_->test(connection, name); });
    tried.push_back({.channel = name, .fault = sent ? std::nullopt : std::optional(sent.error())});
  }
  return tried;
}

void AlertPart::work() {
  SteadyTime next = clock_.steady();
  while (true) {
    std::unique_lock lock(mutex_);
    wake_.wait_until(lock, next, [this] { return stopping_ || !trials_.empty(); });
    if (stopping_) break;
    if (!trials_.empty()) {
      Trial trial = std::move(trials_.front());
      trials_.pop_front();
      lock.unlock();
      trial.done(run_trial(trial.channel));
      continue;
    }
    lock.unlock();
    look();
    next = clock_.steady() + options_.interval;
  }
  if (options_.alarm.shared) release();
}

}  // namespace tidemark::api
