#include "relay/http_sender.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/retry_after.h"
#include "http/signature.h"

namespace tidemark::relay {
namespace {

std::vector<std::string> valid_secrets(const Subscription& subscription, WallTime now) {
  std::vector<std::string> texts;
  for (const Secret& secret : subscription.secrets)
    if (!secret.expires_at || *secret.expires_at > now) texts.push_back(secret.text);
  return texts;
}

AttemptResult result_of(http::ClientResponse response, WallTime started, WallTime now) {
  AttemptResult result{.status_code = response.status,
                       .response = std::move(response.body),
                       .truncated = response.truncated,
                       .started_at = started,
                       .duration = response.total};
  if (response.status == 0) {
    result.error_code = std::string(name(response.error));
    result.message = std::move(response.error_text);
    result.own_fault = is_own_fault(response.error);
  } else if (const auto wait = response.headers.find("retry-after")) {
    result.retry_after = http::parse_retry_after(*wait, now);
  }
  return result;
}

}  // namespace

HttpSender::HttpSender(http::HttpClient& client, const Clock& clock, http::AddressPolicy policy)
    : client_(client),
      clock_(clock),
      policy_(std::make_shared<const http::AddressPolicy>(std::move(policy))) {}

void HttpSender::send(AttemptRequest request, std::move_only_function<void(AttemptResult)> done) {
  const WallTime now = clock_.wall();
  const Subscription& subscription = *request.subscription;
  const SubscriptionSettings& settings = subscription.settings;
  const std::vector<std::string> secrets = valid_secrets(subscription, now);
  auto signatures =
      http::signature_headers({.id = request.webhook_id,
                               .timestamp = std::chrono::floor<std::chrono::seconds>(now),
                               .body = *request.body,
                               .secrets = secrets,
                               .style = settings.signature_style});
  if (!signatures) {
    // Not from within send(): the client's thread brings the bad news as it brings all other.
    http::ClientRequest refused{.method = "", .url = ""};
    client_.send(std::move(refused),
                 [done = std::move(done), now, why = signatures.error().what.en](auto) mutable {
                   done({.error_code = std::string(unsignable),
                         .message = why,
                         .own_fault = true,
                         .started_at = now});
                 });
    return;
  }
  http::ClientRequest post{.method = "POST",
                           .url = subscription.url,
                           .body = std::move(request.body),
                           .connect_timeout = std::min(settings.connect_timeout, request.timeout),
                           .total_timeout = request.timeout,
                           .policy = policy_};
  post.headers.add("content-type", "application/json");
  for (const auto& [name, value] : *signatures) post.headers.add(name, value);
  post.headers.add("x-source-system", request.source_system);
  post.headers.add("x-tidemark-delivery", request.delivery_id);
  post.headers.add("x-tidemark-attempt", fmt::format("{}", request.attempt));
  post.headers.add("x-tidemark-sequence", fmt::format("{}", request.sequence));
  if (!settings.tls_ca.empty() || !settings.tls_certificate.empty())
    post.tls = std::make_shared<const http::TlsFiles>(
        http::TlsFiles{.ca_file = settings.tls_ca,
                       .client_certificate_file = settings.tls_certificate,
                       .client_key_file = settings.tls_key});
  client_.send(std::move(post),
               [this, done = std::move(done), now](http::ClientResponse response) mutable {
                 done(result_of(std::move(response), now, clock_.wall()));
               });
}

}  // namespace tidemark::relay
