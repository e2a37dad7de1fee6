#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cli/command.h"
#include "cli/context.h"
#include "http/client.h"

namespace tidemark::cli {

/// `--server`, for every command that talks to a hub.
[[nodiscard]] Flag server_flag();

/// A running hub, asked over HTTP: `--server`, else TIDEMARK_SERVER, else http://127.0.0.1:8000,
/// with the token in TIDEMARK_TOKEN or the file named by TIDEMARK_TOKEN_FILE.
class HubClient {
 public:
  using Query = std::vector<std::pair<std::string, std::string>>;

  /// Errors: invalid_config (no token, a server that is no URL); io.
  [[nodiscard]] static Result<HubClient> open(const Context& context);

  /// Asks and waits. `path` begins with a slash; empty values of `query` are left out. Returns the
  /// answer's JSON; null for 204.
  /// Errors: unreachable (no answer, or the hub says that it cannot now: 429, 502 to 504),
  /// unauthorized (401, 403), not_found, rejected with the hub's own words in both languages.
  [[nodiscard]] Result<nlohmann::ordered_json> get(const std::string& path,
                                                   const Query& query = {});
  [[nodiscard]] Result<nlohmann::ordered_json> post(const std::string& path, std::string body = "",
                                                    const std::string& idempotency_key = "");
  [[nodiscard]] Result<nlohmann::ordered_json> patch(const std::string& path, std::string body);
  [[nodiscard]] Result<nlohmann::ordered_json> remove(const std::string& path);

  [[nodiscard]] const std::string& server() const { return server_; }

 private:
  HubClient(std::unique_ptr<http::HttpClient> client, std::string server, std::string token)
      : client_(std::move(client)), server_(std::move(server)), token_(std::move(token)) {}
  [[nodiscard]] Result<nlohmann::ordered_json> ask(std::string_view method, const std::string& path,
                                                   std::string body,
                                                   const std::string& idempotency_key);

  std::unique_ptr<http::HttpClient> client_;
  std::string server_;
  std::string token_;
};

/// For one segment of a path.
[[nodiscard]] std::string path_segment(std::string_view text);

}  // namespace tidemark::cli
