#pragma once

#include <atomic>
#include <span>
#include <string>
#include <string_view>

#include "http/signature.h"

namespace tidemark::receive {

/// The id of an event that came in text style, which signs no id: `sha256-` and the hash of what
/// was signed (docs/decisions/0009-what-names-an-event-in-text-style.md). Whoever sends a captured
/// request again cannot give it another. `body` was verified in `style`.
[[nodiscard]] std::string name_of_signed_body(std::string_view body, http::SignatureStyle style);

/// Names the events that the hub gives when it is asked as their deliveries are named, so that one
/// that comes both ways is a repeat: by the hub's id, or in text style by what is signed. Which of
/// them, the last delivery tells; before the first one, what `policy` and `secrets` let expect. The
/// kits in sdk/ do the same (docs/wire/receiving.json). Thread-safe.
class PulledNames {
 public:
  PulledNames(const http::SignaturePolicy& policy, std::span<const std::string> secrets);
  /// A request was verified in `style`. The ids in a batch are signed with it, whatever the style.
  void delivered(http::SignatureStyle style, bool batch);
  [[nodiscard]] std::string name(std::string_view event_id, std::string_view body) const;

 private:
  std::atomic<http::SignatureStyle> style_;  ///< Standard: by the hub's id.
};

}  // namespace tidemark::receive
