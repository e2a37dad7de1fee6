#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "cli/context.h"
#include "cli/running_hub.h"
#include "relay/spool.h"

namespace tidemark::cli {

/// Publishes to a hub in order, and keeps on disk what the hub cannot take now: a hub that is away
/// must not hurt the business system. One process at a time sends; while another one does, or
/// something waits on disk, everything new stands behind it there. Whoever sends does not end
/// before the disk is empty, so that what others put there meanwhile is sent, too.
class Outbox {
 public:
  /// `hub` must outlive it. The spool of each server is a folder of its own below the state folder.
  /// Waits about a second for another process that sends. Errors: those of Spool::open and
  /// SpoolReader::open.
  [[nodiscard]] static Result<Outbox> open(const Context& context, relay::HubClient& hub);

  /// The hub's answer; nullopt: it is durable on disk. What waits there is sent first.
  /// Errors: rejected when the hub refuses it, unauthorized and other failures of ours; those of
  /// Spool::append.
  [[nodiscard]] Result<std::optional<nlohmann::ordered_json>> publish(const std::string& record);

  /// To be called at the end: sends what waits, until the disk is empty, stopped() tells why not,
  /// or another process sends it. What the hub itself refuses for good is set aside in
  /// `refused.ndjson` of the folder, with the reason, so that it does not block the rest.
  /// Errors: unauthorized and other failures of ours, with everything kept; never unreachable.
  [[nodiscard]] Result<void> finish();

  [[nodiscard]] std::int64_t sent() const { return sent_; }        ///< Of what waited on disk.
  [[nodiscard]] std::int64_t refused() const { return refused_; }  ///< Of it, set aside.
  /// Of what publish() was given, what may still be on disk.
  [[nodiscard]] std::int64_t kept() const { return std::ssize(kept_); }
  /// Why something is left on disk: unreachable while the hub is away, io when it fails with the
  /// record that is named, unsupported when it is not the hub that answers. Nullopt: nothing is, or
  /// another process sends it.
  [[nodiscard]] const std::optional<Error>& stopped() const { return stopped_; }
  /// After finish(): another process sends what is on disk.
  [[nodiscard]] bool left_to_another() const { return left_to_another_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  Outbox(const Context& context, relay::HubClient& hub, std::filesystem::path folder,
         relay::Spool spool)
      : context_(&context), hub_(&hub), folder_(std::move(folder)), spool_(std::move(spool)) {}
  /// Takes the right to send unless another process has it. True if it is ours now.
  [[nodiscard]] Result<bool> take_turn();
  /// Sends what waits. True: nothing is left.
  [[nodiscard]] Result<bool> drain();
  [[nodiscard]] Result<void> set_aside(const relay::SpoolRecord& record, const Error& error) const;

  const Context* context_;
  relay::HubClient* hub_;
  std::filesystem::path folder_;
  relay::Spool spool_;
  std::optional<relay::SpoolReader> reader_{};  ///< None: another process sends.
  std::optional<Error> stopped_{};
  std::set<std::string> kept_;  ///< Keys.
  std::int64_t sent_ = 0;
  std::int64_t refused_ = 0;
  bool left_to_another_ = false;
};

/// Where a record is published: one with `event` is an event, any other a voucher.
[[nodiscard]] std::string publish_path(const std::string& record);

}  // namespace tidemark::cli
