#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "http/client.h"
#include "load/xiaoe/client.h"

namespace tidemark::load::xiaoe {

/// What the shop said to one request, whatever it was.
struct ProbeAnswer {
  std::int64_t code = 0;
  std::string message{};
  std::string data{};                   ///< Checked JSON.
  std::optional<WallTime> shop_time{};  ///< Of the header Date.
  WallTime asked_at{};
  WallTime answered_at{};
};

/// Asks the shop one thing at a time and says what came back; unlike Client it repeats nothing, so
/// that what is wrong is seen as it is. One thread. The secret goes into the request for a token
/// and nowhere else.
class ShopProbe {
 public:
  /// `clock` must outlive it. Errors: invalid_config for a URL that is none; io.
  [[nodiscard]] static Result<std::unique_ptr<ShopProbe>> create(ClientOptions options,
                                                                 const Clock& clock);

  /// Asks for a token; with code 0 it is kept for call().
  /// Errors: unreachable, timeout, corrupt (no answer of the API).
  [[nodiscard]] Result<ProbeAnswer> token();
  /// `fields` are JSON members without braces. Errors: as token().
  [[nodiscard]] Result<ProbeAnswer> call(std::string_view api, std::string_view fields);

 private:
  ShopProbe(ClientOptions options, std::unique_ptr<http::HttpClient> http, const Clock& clock)
      : options_(std::move(options)), http_(std::move(http)), clock_(clock) {}
  [[nodiscard]] Result<ProbeAnswer> exchange(http::ClientRequest request, std::string_view what);

  const ClientOptions options_;
  const std::unique_ptr<http::HttpClient> http_;
  const Clock& clock_;
  std::string token_;
};

}  // namespace tidemark::load::xiaoe
