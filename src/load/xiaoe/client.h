#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/pause.h"
#include "base/random.h"
#include "base/result.h"
#include "base/stop.h"
#include "http/address_policy.h"
#include "http/client.h"
#include "load/xiaoe/call_rate.h"

namespace tidemark::load::xiaoe {

struct ClientOptions {
  std::string url = "https://api.xiaoe-tech.com";
  std::string app_id;
  std::string client_id;  ///< May be empty for shops opened before 2019-12-09.
  std::string secret_key;
  std::string ca_file{};  ///< PEM; empty: the system's authorities.
  std::chrono::milliseconds timeout = std::chrono::seconds(30);  ///< Of one request.
  /// Clocks of shop and machine that are so far apart end all calls; nullopt: any may be. What is
  /// read would bear false stamps, and the watermark pass over what is yet to come.
  std::optional<std::chrono::milliseconds> clocks_apart_max{};
  /// Of one answer, several of which may be on their way at once. 200 orders as they are usual have
  /// less than 1 MiB.
  std::size_t answer_bytes_max = std::size_t{16} << 20;
  std::chrono::milliseconds first_pause{500};  ///< Doubled from attempt to attempt, up to 30 s.
  std::chrono::milliseconds call_window = std::chrono::seconds(10);   ///< After 2053.
  std::chrono::milliseconds token_window = std::chrono::minutes(10);  ///< After 2053 for a token.
};

/// An interface of the API and its published limit.
struct Interface {
  std::string_view name;  ///< `xe.order.list.get/1.0.1`
  std::uint64_t calls = 0;
  std::chrono::milliseconds window{};
  std::string_view permission{};  ///< What the shop's console calls the grant it needs.
};

/// What a call brought: the member `data`, checked JSON, and when it was asked for.
struct Answer {
  std::string data;
  WallTime asked_at{};
};

/// Whether the answer was longer than ClientOptions::answer_bytes_max: to ask again for as much is
/// in vain, and the client does not.
[[nodiscard]] bool is_too_long(const Error& error);

/// Calls the shop's API: fetches the token and renews it before it ends, stays below the limit of
/// each interface, repeats what may be repeated with growing pauses. Thread-safe: calls of several
/// threads share token and limits.
///
/// The secret goes into the request for a token and nowhere else: no log, no error text.
class Client {
 public:
  /// What it is handed must outlive it. Errors: invalid_config for a URL that is none, or missing
  /// credentials; io.
  [[nodiscard]] static Result<std::unique_ptr<Client>> create(ClientOptions options,
                                                              const Clock& clock, Random& random,
                                                              Pause& pause, const Stop& stop);

  /// Calls the interface with `fields`, JSON members without braces: `"page_index":1`.
  /// Errors: unreachable, timeout, corrupt (the last attempt's, or is_too_long()); unauthorized;
  /// unsupported (it takes no call of that interface); query (the API's code and words); rejected
  /// (the clocks are too far apart); cancelled.
  [[nodiscard]] Result<Answer> call(const Interface& api, std::string_view fields);

 private:
  Client(ClientOptions options, std::unique_ptr<http::HttpClient> http, const Clock& clock,
         Random& random, Pause& pause, const Stop& stop);

  /// One attempt's end: an answer, or what to do now.
  struct Attempt;
  [[nodiscard]] Result<Attempt> attempt(const Interface& api, std::string_view fields);
  struct TokenState {
    std::string valid;  ///< The token; empty if there is none, or it ends soon.
    std::uint64_t failures = 0;
  };
  [[nodiscard]] TokenState token_state();
  /// The token that is to be used, renewed if it must be. One thread fetches it; who waited for
  /// that shares what came of it, a failure too.
  [[nodiscard]] Result<std::string> token();
  [[nodiscard]] Result<std::string> fetch_token();
  /// The shop no longer takes it.
  void forget(const std::string& token);
  /// The body of a complete answer with status 200 that is JSON in UTF-8.
  [[nodiscard]] Result<std::string> exchange(http::ClientRequest request, std::string_view what);
  /// Whether an answer to a question of that moment tells of a clock that is wrong.
  [[nodiscard]] Result<void> compare_clocks(const http::ClientResponse& response,
                                            WallTime asked_at) const;
  /// How long to wait before the next call of the interface.
  [[nodiscard]] std::chrono::milliseconds turn(const Interface& api);
  /// The shop is called too fast: nobody calls the interface for so long.
  void slow_down(const Interface& api, std::chrono::milliseconds pause);
  [[nodiscard]] CallRate& rate_of(const Interface& api);  ///< With the mutex held.
  [[nodiscard]] Result<void> wait(std::chrono::milliseconds duration);
  [[nodiscard]] std::chrono::milliseconds backoff(int attempts);

  const ClientOptions options_;
  const std::unique_ptr<http::HttpClient> http_;
  const Clock& clock_;
  Pause& pause_;
  const Stop& stop_;
  std::mutex token_fetched_;            ///< Held by the one that fetches a token; first of the two.
  std::optional<Error> token_failure_;  ///< The last one; guarded by that mutex.
  std::mutex mutex_;                    ///< Guards what follows.
  Random& random_;
  std::map<std::string, CallRate, std::less<>> rates_;  ///< By name of the interface.
  std::string token_;
  SteadyTime token_until_{};
  std::uint64_t token_failures_ = 0;  ///< Fetches that brought none.
};

}  // namespace tidemark::load::xiaoe
