#pragma once

#include <atomic>

#include "alert/channel.h"
#include "alert/mail.h"

namespace tidemark::alert {

/// Mail over SMTP. A message counts as sent once the server has taken it for all receivers.
class SmtpChannel final : public Channel {
 public:
  /// `mail` must have passed check_mail().
  SmtpChannel(ChannelOptions options, MailOptions mail)
      : Channel(std::move(options)), mail_(std::move(mail)) {}
  [[nodiscard]] std::expected<void, SendFault> send(const Digest& digest, WallTime now) override;
  void stop() override { stopped_ = true; }

 private:
  const MailOptions mail_;
  std::atomic<bool> stopped_ = false;
};

}  // namespace tidemark::alert
