#pragma once

#include <chrono>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/client.h"

namespace tidemark::relay {

struct HubClientOptions {
  std::string url;        ///< `https://hub.example.com`; a path in front of `/api/v1` may follow.
  std::string token;      ///< Empty: none is sent.
  std::string ca_file{};  ///< PEM; empty: the system's authorities.
  std::string user_agent{};  ///< Empty: that of http::HttpClient.
  /// The next step when it does not answer: where the operator says where it is.
  Message no_answer_hint{};
  std::chrono::milliseconds timeout = std::chrono::seconds(60);  ///< Of one request.
};

/// A running hub, asked over HTTP. Waits for each answer; one thread at a time. Addresses are not
/// restricted: the operator names the hub.
///
/// Errors of all calls: unreachable (no answer, or the hub says that it cannot now: 408, 429, 503,
/// 507, and 5xx of a proxy), unauthorized (401, 403), not_found (404), rejected (other refusals),
/// io (500: the hub fails with this request), all with the hub's own words in both languages;
/// unsupported for a refusal or an answer that is not the hub's: a proxy spoke, or another server;
/// invalid_config when `ca_file` cannot be used.
class HubClient {
 public:
  using Query = std::vector<std::pair<std::string, std::string>>;

  /// Errors: invalid_config for a URL that is none; io.
  [[nodiscard]] static Result<HubClient> create(HubClientOptions options);

  /// `path` begins with a slash; empty values of `query` are left out. The answer's JSON as the hub
  /// wrote it, to the byte: it has passed check_json(). Empty for 204.
  [[nodiscard]] Result<std::string> get_text(const std::string& path, const Query& query = {});

  /// The answer's JSON; null for 204.
  [[nodiscard]] Result<nlohmann::ordered_json> get(const std::string& path,
                                                   const Query& query = {});
  [[nodiscard]] Result<nlohmann::ordered_json> post(const std::string& path, std::string body = "",
                                                    const std::string& idempotency_key = "");
  [[nodiscard]] Result<nlohmann::ordered_json> patch(const std::string& path, std::string body);
  [[nodiscard]] Result<nlohmann::ordered_json> remove(const std::string& path);

  /// Ends a request that waits, and lets no other begin: they fail as unreachable. From any
  /// thread.
  void stop();

  /// Its URL without a slash at the end.
  [[nodiscard]] const std::string& server() const { return options_.url; }

 private:
  HubClient(HubClientOptions options, std::unique_ptr<http::HttpClient> client)
      : options_(std::move(options)), client_(std::move(client)) {}
  [[nodiscard]] Result<std::string> ask(std::string_view method, const std::string& path,
                                        std::string body, const std::string& idempotency_key);

  HubClientOptions options_;
  std::unique_ptr<http::HttpClient> client_;
};

}  // namespace tidemark::relay
