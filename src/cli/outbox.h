#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/result.h"
#include "cli/context.h"
#include "cli/running_hub.h"
#include "relay/spool.h"

namespace tidemark::cli {

/// Publishes to a hub in order, and keeps on disk what the hub cannot take now: a hub that is away
/// must not hurt the business system. While something waits there, or another process sends it,
/// everything new stands behind it.
class Outbox {
 public:
  /// `hub` must outlive it. The spool of each server is a folder of its own below the state folder.
  /// Errors: those of Spool::open and SpoolReader::open.
  [[nodiscard]] static Result<Outbox> open(const Context& context, relay::HubClient& hub);

  /// Sends what waits, until it is empty or stopped() tells why not. What the hub itself refuses
  /// for good is set aside in `refused.ndjson` of the folder, with the reason, so that it does not
  /// block the rest.
  /// Errors: unauthorized and other failures of ours, with everything kept; never unreachable.
  [[nodiscard]] Result<void> drain();

  /// The hub's answer; nullopt: it is durable on disk and sent later, stopped() tells why.
  /// Errors: rejected when the hub refuses it, unauthorized; those of Spool::append.
  [[nodiscard]] Result<std::optional<nlohmann::ordered_json>> publish(const std::string& record);

  [[nodiscard]] std::int64_t sent() const { return sent_; }        ///< By drain().
  [[nodiscard]] std::int64_t refused() const { return refused_; }  ///< Set aside by drain().
  [[nodiscard]] std::int64_t kept() const { return kept_; }        ///< By publish().
  /// Why something is left on disk: unreachable while the hub is away, io when it fails with the
  /// record that is named, unsupported when it is not the hub that answers. Nullopt: nothing is, or
  /// another process sends it.
  [[nodiscard]] const std::optional<Error>& stopped() const { return stopped_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  Outbox(const Context& context, relay::HubClient& hub, std::filesystem::path folder,
         relay::Spool spool, std::optional<relay::SpoolReader> reader)
      : context_(&context),
        hub_(&hub),
        folder_(std::move(folder)),
        spool_(std::move(spool)),
        reader_(std::move(reader)) {}
  [[nodiscard]] Result<void> set_aside(const relay::SpoolRecord& record, const Error& error) const;

  const Context* context_;
  relay::HubClient* hub_;
  std::filesystem::path folder_;
  relay::Spool spool_;
  std::optional<relay::SpoolReader> reader_;  ///< None: another process sends.
  bool waiting_ = true;                       ///< Something may stand before what is new.
  std::optional<Error> stopped_{};
  std::int64_t sent_ = 0;
  std::int64_t refused_ = 0;
  std::int64_t kept_ = 0;
};

/// Where a record is published: one with `event` is an event, any other a voucher.
[[nodiscard]] std::string publish_path(const std::string& record);

}  // namespace tidemark::cli
