#pragma once

#include <memory>

#include "base/clock.h"
#include "http/address_policy.h"
#include "http/client.h"
#include "relay/sender.h"

namespace tidemark::relay {

/// Sends over HTTP: signs each attempt anew in both styles (docs/wire), with every secret that is
/// valid now. A subscription without a usable secret gets nothing: nothing is sent unsigned.
/// Thread-safe.
class HttpSender final : public Sender {
 public:
  /// `client` and `clock` must outlive it.
  HttpSender(http::HttpClient& client, const Clock& clock, http::AddressPolicy policy);

  void send(AttemptRequest request, std::move_only_function<void(AttemptResult)> done) override;

 private:
  http::HttpClient& client_;
  const Clock& clock_;
  const std::shared_ptr<const http::AddressPolicy> policy_;
};

}  // namespace tidemark::relay
