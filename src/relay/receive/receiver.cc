#include "relay/receive/receiver.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/bytes.h"
#include "http/server.h"
#include "http/target.h"

namespace tidemark::receive {
namespace {

Result<void> check_path(const std::string& path) {
  if (http::parse_target(path) && path.find_first_of("?#{}") == std::string::npos) return {};
  return fail(ErrorKind::invalid_config,
              {"'{}' is no path such as /hooks/invoices", "“{}”不是形如 /hooks/invoices 的路径"},
              printable(path));
}

http::Response alive(http::Request /*request*/) {
  return {.status = 200, .content_type = "text/plain", .body = "ok\n"};
}

}  // namespace

/// In the order in which they begin; they end the other way round.
struct Receiver::Parts {
  PulledNames names;
  Committer committer;
  Webhook webhook;
  Housekeeping housekeeping;
  std::unique_ptr<http::Server> server{};

  Parts(ReceiverStore store, ReceiverStore own_store, std::optional<relay::HubClient> hub,
        const ReceiverOptions& options, const Clock& clock)
      : names(options.webhook.policy, options.webhook.secrets),
        committer(std::move(store), options.database, clock),
        webhook(options.webhook, committer, names, clock),
        housekeeping(std::move(own_store), options.database, std::move(hub), options.housekeeping,
                     names, clock) {}
};

Receiver::Receiver(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Receiver::~Receiver() { stop(std::chrono::milliseconds{0}); }

Result<std::unique_ptr<Receiver>> Receiver::start(ReceiverOptions options, const Clock& clock) {
  if (options.paths.empty())
    return fail(ErrorKind::invalid_config, {"no path is configured", "未配置接收路径"});
  for (const std::string& path : options.paths)
    if (Result<void> checked = check_path(path); !checked) return fail(std::move(checked).error());
  Result<ReceiverStore> store = ReceiverStore::open(options.database);
  if (!store) return fail(std::move(store).error());
  Result<ReceiverStore> own_store = ReceiverStore::open(options.database);
  if (!own_store) return fail(std::move(own_store).error());

  std::optional<relay::HubClient> hub;
  if (options.housekeeping.hub) {
    Result<relay::HubClient> created = relay::HubClient::create(*options.housekeeping.hub);
    if (!created) return fail(std::move(created).error().within({"receive.hub", "receive.hub"}));
    hub = std::move(*created);
  }

  auto parts = std::make_unique<Parts>(std::move(*store), std::move(*own_store), std::move(hub),
                                       options, clock);
  http::Router router;
  for (const std::string& path : std::set<std::string>(options.paths.begin(), options.paths.end()))
    router.add("POST", path,
               [&webhook = parts->webhook](http::Request request, http::Respond respond) {
                 webhook.handle(std::move(request), std::move(respond));
               });
  router.add("GET", "/livez", [](http::Request request, http::Respond respond) {
    respond(alive(std::move(request)));
  });
  auto server =
      http::Server::start({.listen = options.listen, .body_bytes_max = options.body_bytes_max},
                          std::move(router), clock);
  if (!server) return fail(std::move(server).error());
  parts->server = std::move(*server);
  return std::unique_ptr<Receiver>(new Receiver(std::move(parts)));
}

std::uint16_t Receiver::port() const { return parts_->server->port(); }

void Receiver::stop(std::chrono::milliseconds grace) {
  parts_->housekeeping.stop();
  parts_->server->stop(grace);
  parts_->committer.stop();
}

ReceiverCounters Receiver::counters() const {
  return {.requests = parts_->webhook.counters(),
          .events = parts_->committer.counters(),
          .pulled = parts_->housekeeping.pulled()};
}

}  // namespace tidemark::receive
