#include "http/router.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "base/check.h"

namespace tidemark::http {

struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> fixed;
  std::unique_ptr<Node> captured;
  std::vector<const Route*> routes;  // One per method.

  [[nodiscard]] const Route* route(std::string_view method) const {
    const auto found = std::ranges::find(routes, method, &Route::method);
    return found == routes.end() ? nullptr : *found;
  }
};

namespace {

struct Part {
  std::string text;
  bool captures;
};

[[nodiscard]] std::vector<Part> parts_of(std::string_view pattern) {
  const auto target = parse_target(pattern);
  check(target && pattern.starts_with('/') && !pattern.contains('?'), "a pattern is a path");
  std::vector<Part> parts;
  for (const std::string& segment : target->segments) {
    const bool captures = segment.starts_with('{') && segment.ends_with('}');
    const std::string text = captures ? segment.substr(1, segment.size() - 2) : segment;
    check(is_token(text) || (text.empty() && !captures), "a segment is text or one {name}");
    parts.push_back({.text = text, .captures = captures});
  }
  return parts;
}

/// Pairs the names in the pattern with the segments that stand for them.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> captures_of(
    std::string_view pattern, const std::vector<std::string>& segments) {
  std::vector<std::pair<std::string, std::string>> captures;
  std::size_t index = 0;
  for (std::size_t begin = 1; begin < pattern.size(); ++index) {
    const std::size_t end = std::min(pattern.find('/', begin), pattern.size());
    if (pattern[begin] == '{')
      captures.emplace_back(pattern.substr(begin + 1, end - begin - 2), segments[index]);
    begin = end + 1;
  }
  return captures;
}

[[nodiscard]] std::string allowed(const std::vector<const Route*>& routes) {
  std::set<std::string> methods = {"OPTIONS"};
  for (const Route* route : routes) {
    methods.insert(route->method);
    if (route->method == "GET") methods.insert("HEAD");
  }
  std::string list;
  for (const std::string& method : methods) list += (list.empty() ? "" : ", ") + method;
  return list;
}

}  // namespace

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(std::string_view method, std::string_view pattern, Handler handler,
                 RouteOptions options) {
  check(is_token(method), "a method is a token");
  Node* node = root_.get();
  for (const Part& part : parts_of(pattern)) {
    std::unique_ptr<Node>& next = part.captures ? node->captured : node->fixed[part.text];
    if (!next) next = std::make_unique<Node>();
    node = next.get();
  }
  check(!node->route(method), "one handler per method and path");
  routes_.push_back(std::make_unique<Route>(Route{.method = std::string(method),
                                                  .pattern = std::string(pattern),
                                                  .options = std::move(options),
                                                  .handler = std::move(handler)}));
  node->routes.push_back(routes_.back().get());
}

Router::Match Router::match(std::string_view method,
                            const std::vector<std::string>& segments) const {
  std::vector<const Route*> others;
  const Route* found = nullptr;
  // Depth first, fixed before captured. A path that exists in two shapes (`/a/list` and `/a/{id}`)
  // may have its method in the second one only, so the search goes on until one is found. It
  // forks at most once per captured segment of the patterns, which are ours and short.
  const auto search = [&](const auto& self, const Node& node, std::size_t depth) -> void {
    if (found != nullptr) return;
    if (depth == segments.size()) {
      found = node.route(method);
      if (found == nullptr && method == "HEAD") found = node.route("GET");
      others.insert(others.end(), node.routes.begin(), node.routes.end());
      return;
    }
    const std::string& segment = segments[depth];
    if (const auto next = node.fixed.find(segment); next != node.fixed.end())
      self(self, *next->second, depth + 1);
    if (node.captured && !segment.empty()) self(self, *node.captured, depth + 1);
  };
  search(search, *root_, 0);
  if (found != nullptr)
    return Found{.route = found, .captures = captures_of(found->pattern, segments)};
  if (others.empty()) return NoSuchPath{};
  return OtherMethods{.allow = allowed(others)};
}

std::vector<const Route*> Router::routes() const {
  std::vector<const Route*> list;
  for (const auto& route : routes_) list.push_back(route.get());
  return list;
}

}  // namespace tidemark::http
