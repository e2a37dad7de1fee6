#include "api/hub_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "alert/store.h"
#include "api/alert_routes.h"
#include "api/caretaker.h"
#include "api/gate.h"
#include "api/pulse.h"
#include "api/read_pool.h"
#include "api/refusal_routes.h"
#include "api/replay_runner.h"
#include "api/replays.h"
#include "api/schedule_routes.h"
#include "api/services.h"
#include "api/system_routes.h"
#include "api/tokens.h"
#include "base/check.h"
#include "base/log.h"
#include "base/ulid.h"
#include "relay/store.h"
#include "relay/stream/intake.h"
#include "relay/stream/refusals.h"
#include "relay/stream/waker.h"
#include "run/process.h"
#include "run/run_store.h"
#include "run/schedule_store.h"
#include "run/state_database.h"

namespace tidemark::api {
namespace {

constexpr std::size_t read_threads = 2;
constexpr std::chrono::seconds hub_patience{5};

/// With the waker as the one who tells others.
relay::EngineOptions engine_options(relay::EngineOptions options, relay::Waker* waker) {
  if (waker != nullptr) options.tell_others = [waker] { waker->announce(); };
  return options;
}

std::unique_ptr<relay::Waker> make_waker(const std::optional<relay::WakeOptions>& options,
                                         const Clock& clock, Random& random) {
  if (!options) return nullptr;
  return std::make_unique<relay::Waker>(options->server, options->channel,
                                        make_ulid(clock.wall(), random));
}

/// For people as well: it says where a job runs.
std::string hub_name(const Clock& clock, Random& random) {
  const run::Process process = run::this_process();
  return fmt::format("{}/{}/{}", process.host, process.pid, make_ulid(clock.wall(), random));
}

/// The jobs that this hub runs.
WatchedJobs enabled_jobs(const std::vector<run::Job>& jobs) {
  WatchedJobs watched;
  for (const run::Job& job : jobs) {
    if (!job.enabled) continue;
    watched.all.insert(job.name);
    if (job.partial_is_usual) watched.partial_is_usual.insert(job.name);
  }
  return watched;
}

void tell_admin_token_is_there() {
  log_line(
      LogLevel::info,
      "admin token: the state has one already, which was shown when it was made; if nobody has "
      "it, give a new one in TIDEMARK_ADMIN_TOKEN");
}

/// Made, unless another hub was quicker; it counts at once.
Result<std::optional<std::string>> first_token(const sql::Url& state, WallTime now, Random& random,
                                               TokenCache& cache) {
  const auto connection = run::open_shared_state(state);
  if (!connection) return fail(connection.error());
  auto made = bootstrap_token(**connection, "", now, random);
  if (!made) return fail(std::move(made));
  if (!*made) {
    tell_admin_token_is_there();
    return std::optional<std::string>{};
  }
  cache.add((*made)->token);
  return std::optional((*made)->text);
}

}  // namespace

/// In the order in which they depend on each other; destroyed from the last to the first.
struct HubServer::Parts {
  Parts(std::unique_ptr<relay::Store> store, relay::Sender& sender, const Clock& clock,
        Random& random, HubServerOptions options)
      : metered(sender, metrics),
        waker(make_waker(options.wake, clock, random)),
        hub(std::move(store), metered, clock, random,
            engine_options(std::move(options.engine), waker.get())),
        reads(options.state, read_threads),
        services{hub, reads, tokens, clock, options.limits},
        entry_bytes_max(options.http.body_bytes_max),
        pulse(hub, clock, hub_patience),
        system{
            services,        metrics,         pulse,           [this] { return stream_status(); },
            options.folders, options.version, options.revision},
        replays(services),
        alerts(std::move(options.alert), options.state, hub_name(clock, random),
               enabled_jobs(options.schedule.jobs), clock, random.next()),
        schedule(std::move(options.schedule), options.state, hub_name(clock, random), clock,
                 random.next()) {
    if (options.stream)
      intake = std::make_unique<relay::StreamIntake>(hub, clock, std::move(*options.stream));
  }

  [[nodiscard]] std::optional<relay::StreamStatus> stream_status() const {
    if (intake == nullptr) return std::nullopt;
    return intake->status();
  }

  [[nodiscard]] http::Router routes(const Clock& clock) {
    http::Router router;
    Gate gate(router, tokens, clock);
    add_publish_routes(gate, services);
    add_voucher_routes(gate, services);
    add_subscription_routes(gate, services);
    add_delivery_routes(gate, services);
    add_sync_routes(gate, services);
    add_token_routes(gate, services);
    add_replay_routes(gate, services, replays);
    add_refusal_routes(gate, services, entry_bytes_max);
    add_schedule_routes(gate, services, schedule);
    add_alert_routes(gate, services, alerts);
    add_system_routes(gate, system);
    check(router.routes().size() == access_rules().size(), "every access rule has its route");
    return router;
  }

  Metrics metrics;
  TokenCache tokens;
  MeteredSender metered;
  std::unique_ptr<relay::Waker> waker;
  relay::Hub hub;
  ReadPool reads;
  Services services;
  const std::size_t entry_bytes_max;
  Pulse pulse;
  SystemParts system;
  std::optional<std::string> made_token;
  std::unique_ptr<Caretaker> caretaker;
  ReplayRunner replays;
  AlertPart alerts;
  SchedulePart schedule;
  std::unique_ptr<relay::StreamIntake> intake;
  std::unique_ptr<http::Server> server;
};

HubServer::HubServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

HubServer::~HubServer() { stop(std::chrono::milliseconds{0}); }

Result<std::unique_ptr<HubServer>> HubServer::start(HubServerOptions options,
                                                    relay::SecretBox secrets, relay::Sender& sender,
                                                    const Clock& clock, Random& random) {
  auto store = relay::Store::open(options.state, std::move(secrets));
  if (!store) return fail(std::move(store));
  sql::Connection& connection = (*store)->connection();
  if (Result<void> migrated = migrate_tokens(connection); !migrated)
    return fail(std::move(migrated).error());
  if (Result<void> migrated = migrate_replays(connection); !migrated)
    return fail(std::move(migrated).error());
  if (Result<void> migrated = relay::migrate_refusals(connection); !migrated)
    return fail(std::move(migrated).error());
  if (Result<void> migrated = alert::AlertStore(connection).migrate(); !migrated)
    return fail(std::move(migrated).error());
  if (Result<void> migrated = run::RunStore(connection).migrate(); !migrated)
    return fail(std::move(migrated).error());
  if (Result<void> registered = run::register_jobs(connection, options.schedule.jobs); !registered)
    return fail(std::move(registered).error());
  if (!options.admin_token.empty())
    if (const auto taken = bootstrap_token(connection, options.admin_token, clock.wall(), random);
        !taken)
      return fail(taken.error());
  const auto tokens = all_tokens(connection);
  if (!tokens) return fail(tokens.error());
  const bool with_admin_token = !options.admin_token.empty() || has_admin(*tokens, clock.wall());
  if (options.admin_token.empty() && with_admin_token) tell_admin_token_is_there();
  const bool shared = (*store)->shared();

  const sql::Url state = options.state;
  http::ServerOptions http = options.http;
  if (!shared) options.wake.reset();  // Nobody else is there to be woken.
  const CaretakerOptions care{.retention = options.retention, .shared_state = shared};
  auto parts =
      std::make_unique<Parts>(std::move(*store), sender, clock, random, std::move(options));
  parts->tokens.load(*tokens, parts->tokens.changes());
  SeededRandom of_token(random.next());  // The other one is the hub's from here on.
  http.finished = [&metrics = parts->metrics](const http::ExchangeReport& report) {
    metrics.exchange(report);
  };
  // The address first: a hub that cannot listen sends nothing, so that nothing comes back to it.
  // What is asked before the hub runs waits for it.
  auto server = http::Server::start(std::move(http), parts->routes(clock), clock);
  if (!server) return fail(std::move(server));
  parts->server = std::move(*server);
  if (Result<void> started = parts->hub.start(); !started) return fail(std::move(started).error());
  parts->pulse.begin();
  parts->replays.start();
  parts->schedule.start();
  if (Result<void> started = parts->alerts.start(); !started) return fail(std::move(started));
  if (parts->intake) parts->intake->start();
  parts->caretaker = std::make_unique<Caretaker>(parts->services, parts->pulse, care);
  std::unique_ptr<HubServer> made(new HubServer(std::move(parts)));
  if (relay::Waker* waker = made->parts_->waker.get())
    if (Result<void> started = waker->start([&hub = made->parts_->hub] { hub.look_now(); });
        !started)
      return fail(std::move(started).error());
  if (!with_admin_token) {
    // A token that is made is shown once. Before the hub runs it might never be shown.
    auto first = first_token(state, clock.wall(), of_token, made->parts_->tokens);
    if (!first) return fail(std::move(first));
    made->parts_->made_token = std::move(*first);
  }
  return made;
}

std::uint16_t HubServer::port() const { return parts_->server->port(); }

const std::optional<std::string>& HubServer::made_token() const { return parts_->made_token; }

void HubServer::stop(std::chrono::milliseconds patience) {
  // Requests first: each of them may still need the hub. What they leave of the time is the hub's,
  // and a client that dawdles takes half of it at most.
  const auto begun = std::chrono::steady_clock::now();
  // Jobs end beside the rest: they have the same time.
  std::thread jobs([&schedule = parts_->schedule, patience] { schedule.stop(patience); });
  parts_->caretaker.reset();
  parts_->alerts.stop();
  if (parts_->waker) parts_->waker->stop();
  if (parts_->intake) parts_->intake->stop();
  parts_->server->stop(patience / 2);
  const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begun);
  parts_->hub.stop(std::max(patience - spent, std::chrono::milliseconds{0}));
  jobs.join();
}

}  // namespace tidemark::api
