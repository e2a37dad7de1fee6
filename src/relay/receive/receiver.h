#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http/listen_address.h"
#include "relay/receive/committer.h"
#include "relay/receive/housekeeping.h"
#include "relay/receive/webhook.h"
#include "sql/url.h"

namespace tidemark::receive {

struct ReceiverOptions {
  http::ListenAddress listen{.host = "127.0.0.1", .port = 8001};
  std::vector<std::string> paths;
  std::size_t body_bytes_max = std::size_t{16} << 20;
  sql::Url database;
  WebhookOptions webhook;
  HousekeepingOptions housekeeping;
};

struct ReceiverCounters {
  WebhookCounters requests;
  CommitterCounters events;
  std::uint64_t pulled = 0;  ///< Events that came because they were asked for.
};

/// The receiving side as a whole: server, webhook, committer, housekeeping. The owner's thread
/// starts and stops it.
class Receiver {
 public:
  /// Opens the database, then serves from when it returns. `clock` must outlive it.
  /// Errors: those of ReceiverStore::open and http::Server::start; invalid_config for a path that
  /// is none.
  [[nodiscard]] static Result<std::unique_ptr<Receiver>> start(ReceiverOptions options,
                                                               const Clock& clock);
  ~Receiver();  ///< As stop(0).
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  /// Takes nothing more, answers what is in flight within `grace`, stores what was taken.
  void stop(std::chrono::milliseconds grace);
  [[nodiscard]] ReceiverCounters counters() const;

 private:
  struct Parts;
  explicit Receiver(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace tidemark::receive
