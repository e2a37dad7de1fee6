#include "alert/smtp_channel.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "base/bytes.h"

namespace tidemark::alert {
namespace {

struct FreeHandle {
  void operator()(CURL* handle) const { ::curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};

struct Upload {
  std::string text;
  std::size_t sent = 0;
};

std::size_t on_read(char* buffer, std::size_t size, std::size_t count, void* upload_of) {
  auto& upload = *static_cast<Upload*>(upload_of);
  const std::size_t bytes = std::min(size * count, upload.text.size() - upload.sent);
  std::memcpy(buffer, upload.text.data() + upload.sent, bytes);
  upload.sent += bytes;
  return bytes;
}

std::size_t on_write(char*, std::size_t size, std::size_t count, void*) { return size * count; }

/// Not 0: the transfer ends.
int on_progress(void* stopped, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return *static_cast<const std::atomic<bool>*>(stopped) ? 1 : 0;
}

}  // namespace

std::expected<void, SendFault> SmtpChannel::send(const Digest& digest, WallTime now) {
  if (stopped_) return std::unexpected(SendFault{.what = "stopped"});
  const std::unique_ptr<CURL, FreeHandle> handle(::curl_easy_init());
  if (handle == nullptr) return std::unexpected(SendFault{.what = "libcurl gives no handle"});
  Upload upload{.text = mail_text(mail_, digest, now)};
  std::array<char, CURL_ERROR_SIZE> words{};
  std::unique_ptr<curl_slist, FreeList> receivers;
  for (const std::string& address : mail_.to) {
    curl_slist* longer = ::curl_slist_append(receivers.get(), fmt::format("<{}>", address).c_str());
    if (longer == nullptr) return std::unexpected(SendFault{.what = "out of memory"});
    static_cast<void>(receivers.release());
    receivers.reset(longer);
  }
  const std::string from = fmt::format("<{}>", mail_.from);
  CURL* curl = handle.get();
  ::curl_easy_setopt(curl, CURLOPT_URL, mail_.url.c_str());
  ::curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  ::curl_easy_setopt(curl, CURLOPT_PROXY, "");
  ::curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words.data());
  ::curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                     static_cast<long>(std::chrono::milliseconds(send_timeout).count()));
  ::curl_easy_setopt(curl, CURLOPT_USE_SSL,
                     static_cast<long>(mail_.starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  if (!mail_.ca_file.empty()) {
    ::curl_easy_setopt(curl, CURLOPT_CAINFO, mail_.ca_file.c_str());
    ::curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
  }
  if (!mail_.user.empty()) {
    ::curl_easy_setopt(curl, CURLOPT_USERNAME, mail_.user.c_str());
    ::curl_easy_setopt(curl, CURLOPT_PASSWORD, mail_.password.c_str());
  }
  ::curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from.c_str());
  ::curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, receivers.get());
  ::curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  ::curl_easy_setopt(curl, CURLOPT_READFUNCTION, &on_read);
  ::curl_easy_setopt(curl, CURLOPT_READDATA, &upload);
  ::curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &on_write);
  ::curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  ::curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &on_progress);
  ::curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &stopped_);
  const CURLcode code = ::curl_easy_perform(curl);
  if (code == CURLE_OK) return {};
  long answer = 0;
  ::curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
  const std::string_view said = words[0] != '\0' ? words.data() : ::curl_easy_strerror(code);
  return std::unexpected(SendFault{
      .what = answer > 0 ? fmt::format("SMTP {}: {}", answer, printable(said)) : printable(said)});
}

}  // namespace tidemark::alert
