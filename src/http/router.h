#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "http/message.h"

namespace tidemark::http {

/// What a route asks of a request before its handler sees it.
struct RouteOptions {
  std::optional<std::size_t> body_bytes_max{};  ///< Else the server's.
  std::vector<std::string> media_types{};  ///< If any, a body must have one of them (else 415),
                                           ///< parameters such as charset aside.
  /// Asked before the body is read, on an io thread: an answer refuses the request, whose body is
  /// then not read at all. Must not wait. None: everybody is let in.
  std::function<std::optional<Response>(const Headers&)> admit{};
};

struct Route {
  std::string method;
  std::string pattern;  ///< `/api/v1/subscriptions/{id}/pause`
  RouteOptions options;
  Handler handler;
};

/// Finds the handler of a request. Filled before the server starts; then many threads may ask.
class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  /// A pattern is a path whose segments are fixed text (decoded) or one `{name}`, which captures a
  /// non-empty segment. Fixed segments count before captured ones: `/a/list` before `/a/{id}`.
  /// A broken pattern, or one method twice for the same paths, is our own mistake and stops the
  /// process.
  void add(std::string_view method, std::string_view pattern, Handler handler,
           RouteOptions options = {});

  struct Found {
    const Route* route;
    std::vector<std::pair<std::string, std::string>> captures;
  };
  struct NoSuchPath {};
  struct OtherMethods {
    std::string allow;  ///< `GET, HEAD, OPTIONS, POST`
  };
  using Match = std::variant<Found, NoSuchPath, OtherMethods>;

  /// HEAD finds the route of GET where it has none of its own. OPTIONS without a route of its own
  /// is OtherMethods, as is any method that a known path lacks.
  [[nodiscard]] Match match(std::string_view method,
                            const std::vector<std::string>& segments) const;

  /// All routes, in the order in which they were added. For the OpenAPI document and its test.
  [[nodiscard]] std::vector<const Route*> routes() const;

 private:
  struct Node;
  std::vector<std::unique_ptr<Route>> routes_;
  std::unique_ptr<Node> root_;
};

}  // namespace tidemark::http
