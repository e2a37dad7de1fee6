#pragma once

#include <functional>

#include "api/answer.h"
#include "api/gate.h"
#include "api/read_pool.h"
#include "api/tokens.h"
#include "base/clock.h"
#include "relay/hub.h"
#include "relay/subscription_json.h"

namespace tidemark::api {

/// What the routes work with. All must outlive the server.
struct Services {
  relay::Hub& hub;
  ReadPool& reads;
  TokenCache& tokens;
  const Clock& clock;
  relay::SubscriptionLimits limits;

  /// Asks the state database on a thread of its own, and answers with what `question` made.
  void read(std::function<Result<http::Response>(sql::Connection&)> question,
            http::Respond respond) {
    reads.ask<http::Response>(std::move(question),
                              [respond = std::move(respond)](Result<http::Response> made) mutable {
                                respond(made ? std::move(*made) : problem_for(made.error()));
                              });
  }

  /// Does `work` in the hub's next transaction, and answers, once that is durable, with what it
  /// made. It may be run again when the transaction fails, so it changes nothing that it captured.
  void change(std::function<Result<http::Response>(relay::Engine&)> work, http::Respond respond) {
    const auto made = std::make_shared<http::Response>();
    hub.change(
        [made, work = std::move(work)](relay::Engine& engine) -> Result<void> {
          Result<http::Response> response = work(engine);
          if (!response) return fail(std::move(response));
          *made = std::move(*response);
          return {};
        },
        [made, respond = std::move(respond)](const Result<void>& done) mutable {
          respond(done ? std::move(*made) : problem_for(done.error()));
        });
  }
};

/// Adds routes that need the services, and not who asks.
class ServiceRoutes {
 public:
  using Handler = std::function<void(Services&, const http::Request&, http::Respond)>;

  /// Both must outlive the router.
  ServiceRoutes(Gate& gate, Services& services) : gate_(gate), services_(services) {}
  void add(std::string_view method, std::string_view pattern, Handler handler,
           http::RouteOptions options = {}) {
    gate_.add(
        method, pattern,
        [&services = services_, handler = std::move(handler)](
            const Caller&, const http::Request& request, http::Respond respond) {
          handler(services, request, std::move(respond));
        },
        std::move(options));
  }

 private:
  Gate& gate_;
  Services& services_;
};

/// Each adds the routes of one part of the API. `services` must outlive the server.
void add_publish_routes(Gate& gate, Services& services);
void add_voucher_routes(Gate& gate, Services& services);
void add_subscription_routes(Gate& gate, Services& services);
void add_delivery_routes(Gate& gate, Services& services);
void add_sync_routes(Gate& gate, Services& services);
void add_token_routes(Gate& gate, Services& services);

}  // namespace tidemark::api
