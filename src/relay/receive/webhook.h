#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "http/message.h"
#include "http/signature.h"
#include "relay/receive/committer.h"
#include "relay/receive/event_name.h"

namespace tidemark::receive {

struct WebhookOptions {
  std::vector<std::string> secrets;  ///< All that are valid now, not empty.
  http::SignaturePolicy policy{};
  /// The subscription that requests belong to which do not say so (batches). Others are stored,
  /// but their numbers are not followed. Empty: every request says it.
  std::string subscription{};
  Language language = Language::english;  ///< Of the log.
};

struct WebhookCounters {
  std::uint64_t accepted = 0;      ///< Requests with a valid signature.
  std::uint64_t unauthorized = 0;  ///< Requests without.
  std::uint64_t refused = 0;       ///< Events with a valid signature that could not be read.
};

/// Takes deliveries: checks the signature before anything reads the body, reads the events, hands
/// them to the committer, and answers when they are durable. Thread-safe, never waits.
class Webhook {
 public:
  /// All must outlive it.
  Webhook(WebhookOptions options, Committer& committer, PulledNames& names, const Clock& clock)
      : options_(std::move(options)), committer_(committer), names_(names), clock_(clock) {}

  void handle(http::Request request, http::Respond respond);
  [[nodiscard]] WebhookCounters counters() const;

 private:
  struct Reading;
  Reading read_events(const http::Request& request, http::SignatureStyle style) const;
  void note_refusal(std::string_view id, const Error& error);

  const WebhookOptions options_;
  Committer& committer_;
  PulledNames& names_;
  const Clock& clock_;
  std::atomic<std::uint64_t> accepted_{0};
  std::atomic<std::uint64_t> unauthorized_{0};
  std::atomic<std::uint64_t> refused_{0};
};

/// The headers of a request that verify_signature looks at. The views live as long as `headers`.
[[nodiscard]] http::ReceivedSignature received_signature(const http::Headers& headers);

/// `sub_01JD…-42`: subscription and sequence number of a delivery; nullopt for another form.
[[nodiscard]] std::optional<Place> parse_place(std::string_view delivery);

}  // namespace tidemark::receive
