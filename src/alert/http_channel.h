#pragma once

#include <memory>

#include "alert/channel.h"
#include "alert/robot.h"
#include "http/client.h"

namespace tidemark::alert {

/// A robot or a gateway, over the HTTP client.
class HttpChannel final : public Channel {
 public:
  /// `robot` must have passed check_robot(). `client` must outlive it. `ca_file`: whom https peers
  /// are certified by; empty: the system's authorities.
  HttpChannel(ChannelOptions options, RobotOptions robot, std::string ca_file,
              http::HttpClient& client);
  [[nodiscard]] std::expected<void, SendFault> send(const Digest& digest, WallTime now) override;
  void stop() override { client_.stop(std::chrono::milliseconds{0}); }

 private:
  const RobotOptions robot_;
  http::HttpClient& client_;
  std::shared_ptr<const http::TlsFiles> tls_;
  std::shared_ptr<const http::AddressPolicy> policy_;
};

}  // namespace tidemark::alert
