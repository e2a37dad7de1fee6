#pragma once

#include <functional>
#include <string_view>

#include "api/tokens.h"
#include "base/clock.h"
#include "http/router.h"

namespace tidemark::api {

/// As http::Handler, with who asks. `caller` is empty on routes that need nothing.
using GuardedHandler =
    std::function<void(const Caller& caller, http::Request request, http::Respond respond)>;

/// Adds routes to a router, each behind its rule (access.h): without a valid token 401
/// `unauthenticated`, with one whose role may not 403 `forbidden`. Nothing of the request is looked
/// at before, and its body is not even read.
class Gate {
 public:
  /// `tokens` and `clock` must outlive the router.
  Gate(http::Router& router, const TokenCache& tokens, const Clock& clock)
      : router_(router), tokens_(tokens), clock_(clock) {}

  /// A route without a rule is our own mistake and stops the process.
  void add(std::string_view method, std::string_view pattern, GuardedHandler handler,
           http::RouteOptions options = {});

 private:
  http::Router& router_;
  const TokenCache& tokens_;
  const Clock& clock_;
};

}  // namespace tidemark::api
