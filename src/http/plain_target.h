#pragma once

#include <memory>
#include <string>
#include <unordered_map>

namespace tidemark::http {

/// Where a request of plain `http://` goes.
struct PlainTarget {
  std::string origin;  ///< `192.0.2.1:8080`: every connection to it will do.
  std::string path;    ///< With the query.
  std::string host;    ///< The Host field: without the port where it is the usual one.
};

/// Takes URLs apart by libcurl's parser, which also makes the connections; each URL once, since a
/// hub sends to the same ones again and again. Not thread-safe.
class PlainTargets {
 public:
  /// None for `https://`, and for whatever is not plain: libcurl knows what to do with it.
  [[nodiscard]] std::shared_ptr<const PlainTarget> of(const std::string& url);

 private:
  /// More than an installation has endpoints, less than would hurt. Then it begins anew.
  static constexpr std::size_t kept_max = 4096;
  std::unordered_map<std::string, std::shared_ptr<const PlainTarget>> known_;
};

}  // namespace tidemark::http
