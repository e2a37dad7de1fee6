#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidemark::http {

/// `%41` becomes `A`. nullopt for a broken escape, for an encoded NUL, and when the result is not
/// UTF-8: what comes out may go into a log, a file name or a database.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

/// The parameters of a query, decoded, in their order; names may repeat.
class Query {
 public:
  /// `a=1&b=x+y%26z` (WHATWG form encoding: `+` is a blank). nullopt if a part cannot be decoded.
  [[nodiscard]] static std::optional<Query> parse(std::string_view text);

  /// The first of that name. The view lives as long as the query.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& parameters() const {
    return parameters_;
  }

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

/// The target of a request line (RFC 9112 3.2), taken apart.
struct Target {
  std::vector<std::string> segments;  ///< Decoded; `/` has none, `/a/` ends with an empty one. An
                                      ///< encoded slash stays inside its segment.
  Query query;
  bool asterisk = false;  ///< `OPTIONS *`: the server as a whole.
};

/// Parts of a path that are told apart; more are refused.
constexpr std::size_t path_segments_max = 64;

/// Reads `/path?query` and, as every server must, `http://host/path?query`. nullopt for anything
/// else: no leading slash, a fragment, broken escapes, `.` and `..` (nothing here may climb).
[[nodiscard]] std::optional<Target> parse_target(std::string_view text);

}  // namespace tidemark::http
