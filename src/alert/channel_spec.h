#pragma once

#include <memory>
#include <string>
#include <variant>

#include "alert/channel.h"
#include "alert/mail.h"
#include "alert/robot.h"
#include "base/result.h"
#include "http/client.h"

namespace tidemark::alert {

/// A channel as it is configured: a value.
struct ChannelSpec {
  ChannelOptions options;
  std::variant<RobotOptions, MailOptions> how;
  std::string ca_file{};
};

/// Errors: invalid_config, naming the setting in its table.
[[nodiscard]] Result<void> check_channel(const ChannelSpec& spec);

/// `spec` must have passed check_channel(). `client` must outlive the channel.
[[nodiscard]] std::unique_ptr<Channel> make_channel(const ChannelSpec& spec,
                                                    http::HttpClient& client);

}  // namespace tidemark::alert
