#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/headers.h"
#include "http/target.h"

namespace tidemark::http {

/// One request as a handler gets it: complete, checked, and its own. A value.
struct Request {
  std::string method;  ///< As sent: `GET`. HEAD comes to the handler of GET.
  std::string target;  ///< As sent, undecoded: `/api/v1/vouchers/7?full=1`. For logs.
  std::string_view
      pattern;  ///< Of the route: `/api/v1/vouchers/{id}`. Lives as long as the server.
  std::vector<std::pair<std::string, std::string>> captures;  ///< `id` -> `7`, decoded.
  Query query;
  Headers headers;
  std::string body;  ///< Whole, unchunked.
  std::string peer;  ///< Address of the other end without its port: `127.0.0.1`, `::1`.

  /// What stands for `{name}` of the route's pattern. Asking for a name that the pattern lacks is
  /// our own mistake and stops the process.
  [[nodiscard]] const std::string& capture(std::string_view name) const;
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const {
    return headers.find(name);
  }
};

/// What a handler answers. Date, Content-Length, Connection and Transfer-Encoding are the server's.
/// A response that could not be sent as it is (status outside 200 to 599, a field name that is no
/// token, a line break in a value) is replaced by a 500 and logged: nothing is smuggled.
struct Response {
  int status = 200;
  std::string content_type{};  ///< Empty: none is sent.
  Headers headers{};
  std::string body{};
  std::shared_ptr<const std::string> shared_body{};  ///< If set, sent instead of `body`, uncopied.

  [[nodiscard]] std::string_view content() const { return shared_body ? *shared_body : body; }
};

/// Gives the answer. May be called once, from any thread, also after the client or the server has
/// gone; never waits. A second call is our own mistake and stops the process. Destroyed without a
/// call, it answers 500.
using Respond = std::move_only_function<void(Response)>;

/// Called on an io thread, so it must not wait: what takes longer goes elsewhere and calls Respond
/// from there. Many requests at a time, one per connection. What it throws becomes a 500.
using Handler = std::function<void(Request, Respond)>;

}  // namespace tidemark::http
