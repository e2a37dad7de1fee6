#pragma once

#include <string>
#include <vector>

#include "alert/digest.h"
#include "base/clock.h"
#include "base/result.h"

namespace tidemark::alert {

/// How mail leaves: submission as RFC 6409 and 8314 say.
struct MailOptions {
  std::string url;  ///< `smtps://host:465`, or `smtp://host:587` with STARTTLS.
  std::string user{};
  std::string password{};  ///< Only ever sent inside TLS.
  std::string from;        ///< `alerts@example.com`
  std::vector<std::string> to;
  bool starttls = true;  ///< smtp://: refuse to go on without it.
  std::string ca_file{};
};

/// Errors: invalid_config, naming what is wrong (`url`, `from`, `to`, `password`).
[[nodiscard]] Result<void> check_mail(const MailOptions& options);

/// The message as it goes behind DATA (RFC 5322, 2045, 2047): UTF-8 in base64, lines ended by CRLF.
/// The digest's id makes its Message-ID: sent twice it is the same message to a mail program.
[[nodiscard]] std::string mail_text(const MailOptions& options, const Digest& digest, WallTime now);

}  // namespace tidemark::alert
