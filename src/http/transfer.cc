#include "http/transfer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "base/check.h"
#include "base/system_error.h"
#include "http/sendable.h"

namespace tidemark::http {
namespace {

/// An option of ours with a value of ours: libcurl only refuses what is our own mistake, or for
/// want of memory.
template <class Value>
void set(CURL* handle, CURLoption option, Value value) {
  check(::curl_easy_setopt(handle, option, value) == CURLE_OK, "libcurl takes the option");
}

[[nodiscard]] const char* or_null(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

[[nodiscard]] std::chrono::microseconds time_of(CURL* handle, CURLINFO which) {
  curl_off_t microseconds = 0;
  ::curl_easy_getinfo(handle, which, &microseconds);
  return std::chrono::microseconds(microseconds);
}

[[nodiscard]] ClientResponse not_sent(ClientError error, std::string text) {
  return {.error = error, .error_text = std::move(text)};
}

}  // namespace

Transfer::Transfer(const ClientOptions& options, SocketEvents& events)
    : events_(events), handle_(::curl_easy_init()) {
  check(handle_ != nullptr, "libcurl gives a handle");
  CURL* handle = handle_.get();
  set(handle, CURLOPT_PRIVATE, static_cast<void*>(this));
  set(handle, CURLOPT_ERRORBUFFER, error_words_.data());
  set(handle, CURLOPT_NOSIGNAL, 1L);
  set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  set(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(handle, CURLOPT_FOLLOWLOCATION, 0L);
  set(handle, CURLOPT_PROXY, "");  // Not the environment's either.
  set(handle, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(handle, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  set(handle, CURLOPT_PATH_AS_IS, 1L);
  set(handle, CURLOPT_TCP_NODELAY, 1L);
  set(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  set(handle, CURLOPT_MAXAGE_CONN, static_cast<long>(options.idle_timeout.count()));
  set(handle, CURLOPT_MAXLIFETIME_CONN, static_cast<long>(options.connection_age_max.count()));
  set(handle, CURLOPT_USERAGENT, options.user_agent.c_str());
  set(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  set(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  set(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(handle, CURLOPT_CA_CACHE_TIMEOUT, 0L);  // Else a replaced file counts a day later.
  // Else a name server that does not answer would hold up this thread, and so everybody, when the
  // request that asks it times out.
  set(handle, CURLOPT_QUICK_EXIT, 1L);
  set(handle, CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_open_socket);
  set(handle, CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  // A connection outlives the transfer that made it.
  set(handle, CURLOPT_CLOSESOCKETFUNCTION, &Transfer::on_close_socket);
  set(handle, CURLOPT_CLOSESOCKETDATA, static_cast<void*>(&events_));
  set(handle, CURLOPT_PREREQFUNCTION, &Transfer::on_request);
  set(handle, CURLOPT_PREREQDATA, static_cast<void*>(this));
  set(handle, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(handle, CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(handle, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(handle, CURLOPT_WRITEDATA, static_cast<void*>(this));
}

Transfer& Transfer::of(CURL* handle) {
  void* self = nullptr;
  ::curl_easy_getinfo(handle, CURLINFO_PRIVATE, &self);
  return *static_cast<Transfer*>(self);
}

std::optional<std::string> refusal_of(const AddressPolicy* policy,
                                      const std::optional<IpAddress>& address) {
  static const AddressPolicy strict;
  if (!address) return "unknown (not an address of the Internet)";
  const auto reason = (policy != nullptr ? *policy : strict).refusal(*address);
  if (!reason) return std::nullopt;
  return fmt::format("{} may not be connected to ({})", address->text(), *reason);
}

std::optional<ClientResponse> Transfer::prepare(ClientRequest request, ClientDone done,
                                                Purpose purpose) {
  request_ = std::move(request);
  done_ = std::move(done);
  set(handle_.get(), CURLOPT_CONNECT_ONLY, purpose == Purpose::connection ? 1L : 0L);
  if (!is_token(request_.method))
    return not_sent(ClientError::invalid_request, "the method is not a token");
  if (request_.url.contains('\0'))
    return not_sent(ClientError::invalid_request, "the URL has a NUL byte");
  if (!add_headers())
    return not_sent(ClientError::invalid_request, "a header field cannot be sent as it is");
  CURL* handle = handle_.get();
  if (::curl_easy_setopt(handle, CURLOPT_URL, request_.url.c_str()) != CURLE_OK)
    return not_sent(ClientError::invalid_request, "the URL cannot be sent to");
  set(handle, CURLOPT_HTTPHEADER, lines_.get());
  set(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_timeout.count()));
  set(handle, CURLOPT_TIMEOUT_MS,
      static_cast<long>(std::max(request_.total_timeout, std::chrono::milliseconds(1)).count()));
  set_method();
  set_tls();
  return std::nullopt;
}

bool Transfer::add_headers() {
  const auto line = [&](const std::string& text) {
    curl_slist* list = ::curl_slist_append(lines_.get(), text.c_str());
    check(list != nullptr, "memory for a header field");
    static_cast<void>(lines_.release());
    lines_.reset(list);
  };
  for (std::size_t index = 0; index < request_.headers.size(); ++index) {
    const Headers::Field field = request_.headers.at(index);
    if (!is_sendable(field)) return false;
    std::string text(field.name);
    if (field.value.empty()) {
      text += ';';  // libcurl's way to write an empty field.
    } else {
      text.append(": ").append(field.value);
    }
    line(text);
  }
  line("Expect:");  // Never ask first, never wait for the answer to that.
  if (!request_.headers.find("Content-Type")) line("Content-Type:");
  if (!request_.headers.find("Accept")) line("Accept:");
  return true;
}

void Transfer::set_method() {
  CURL* handle = handle_.get();
  const std::string& method = request_.method;
  if (request_.body || method == "POST" || method == "PUT" || method == "PATCH") {
    const std::string_view body = request_.body ? *request_.body : std::string_view("");
    set(handle, CURLOPT_POST, 1L);
    set(handle, CURLOPT_POSTFIELDS, body.data());
    set(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  } else if (method == "HEAD") {
    set(handle, CURLOPT_HTTPGET, 1L);
    set(handle, CURLOPT_NOBODY, 1L);
  } else {
    set(handle, CURLOPT_HTTPGET, 1L);
  }
  if (method == method_set_) return;
  set(handle, CURLOPT_CUSTOMREQUEST, method.c_str());
  method_set_ = method;
}

void Transfer::set_tls() {
  static const TlsFiles none;
  const TlsFiles& files = request_.tls ? *request_.tls : none;
  const bool own_files = !files.ca_file.empty() || !files.client_certificate_file.empty() ||
                         !files.client_key_file.empty();
  if (!own_files && !own_tls_files_set_) return;  // As nearly always.
  own_tls_files_set_ = own_files;
  CURL* handle = handle_.get();
  if (files.ca_file.empty()) {
    // The path that libcurl was built with.
    const curl_version_info_data* version = ::curl_version_info(CURLVERSION_NOW);
    set(handle, CURLOPT_CAINFO, version->cainfo);
    set(handle, CURLOPT_CAPATH, version->capath);
  } else {
    set(handle, CURLOPT_CAINFO, files.ca_file.c_str());
    set(handle, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  // A resumed session is believed without a look at the certificates of either side.
  set(handle, CURLOPT_SSL_SESSIONID_CACHE, own_files ? 0L : 1L);
  set(handle, CURLOPT_SSLCERT, or_null(files.client_certificate_file));
  set(handle, CURLOPT_SSLKEY, or_null(files.client_key_file));
}

ClientResponse Transfer::response() {
  CURL* handle = handle_.get();
  response_.name_lookup = time_of(handle, CURLINFO_NAMELOOKUP_TIME_T);
  response_.connect = time_of(handle, CURLINFO_CONNECT_TIME_T);
  response_.first_byte = time_of(handle, CURLINFO_STARTTRANSFER_TIME_T);
  response_.total = time_of(handle, CURLINFO_TOTAL_TIME_T);
  char* address = nullptr;
  ::curl_easy_getinfo(handle, CURLINFO_PRIMARY_IP, &address);
  if (address != nullptr) response_.address = address;
  long connects = 0;
  ::curl_easy_getinfo(handle, CURLINFO_NUM_CONNECTS, &connects);
  response_.reused = head_complete_ && connects == 0;
  if (head_complete_) response_.status = status_;
  return std::move(response_);
}

ClientResponse Transfer::finish(CURLcode code) {
  ClientResponse result = response();
  if (head_complete_) {
    result.truncated = result.truncated || code != CURLE_OK;
    return result;
  }
  result.headers.clear();
  result.error = error_of(code);
  if (result.error == ClientError::address_refused) {
    result.error_text = refused_address_;
    result.address = refused_address_.substr(0, refused_address_.find(' '));
  } else {
    // The words for this case (which certificate, why), or those for all of its kind.
    const char* const words = error_words_.data();
    result.error_text = *words != '\0' ? words : ::curl_easy_strerror(code);
  }
  return result;
}

std::expected<Transfer::Connected, int> Transfer::connected() {
  curl_socket_t socket = CURL_SOCKET_BAD;
  ::curl_easy_getinfo(handle_.get(), CURLINFO_ACTIVESOCKET, &socket);
  if (socket == CURL_SOCKET_BAD) return std::unexpected(ENOTCONN);
  UniqueFd own(::fcntl(socket, F_DUPFD_CLOEXEC, 0));
  if (!own) return std::unexpected(errno);
  events_.drop(socket);
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  if (::getpeername(own.get(), reinterpret_cast<sockaddr*>(&peer), &size) != 0)
    return std::unexpected(errno);
  const auto address = IpAddress::of(reinterpret_cast<const sockaddr*>(&peer), size);
  if (!address) return std::unexpected(EAFNOSUPPORT);
  return Connected{.fd = std::move(own),
                   .peer = *address,
                   .name_lookup = time_of(handle_.get(), CURLINFO_NAMELOOKUP_TIME_T),
                   .connect = time_of(handle_.get(), CURLINFO_CONNECT_TIME_T)};
}

ClientResponse Transfer::cancel() {
  ClientResponse result = response();
  result.truncated = head_complete_;
  if (head_complete_) return result;
  result.headers.clear();
  result.error = ClientError::cancelled;
  result.error_text = "stopped before an answer came";
  return result;
}

ClientError Transfer::error_of(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return ClientError::etimedout;
    case CURLE_COULDNT_RESOLVE_HOST:
      return ClientError::dns_error;
    case CURLE_COULDNT_CONNECT:
    case CURLE_ABORTED_BY_CALLBACK: {
      if (!refused_address_.empty() && (!opened_ || code == CURLE_ABORTED_BY_CALLBACK))
        return ClientError::address_refused;
      // libcurl's errno is of the last connect() that failed; it is not reset in between.
      long connect_error = 0;
      ::curl_easy_getinfo(handle_.get(), CURLINFO_OS_ERRNO, &connect_error);
      return client_error_of(opened_ ? static_cast<int>(connect_error) : socket_error_);
    }
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      // With TLS 1.3, a server looks at our certificate when we are done with the handshake; what
      // it thinks of it comes where the answer should (OpenSSL's words for an alert).
      if (std::string_view(error_words_.data()).contains("SSL routines"))
        return ClientError::tls_error;
      return ClientError::econnreset;
    case CURLE_OK:  // Closed in the middle of the head.
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
      return ClientError::econnreset;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_USE_SSL_FAILED:
      return ClientError::tls_error;
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ENGINE_INITFAILED:
      return ClientError::tls_file_error;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_LOGIN_DENIED:
      // libcurl 7.88 says so too when the answer is HTTP/0.9.
      return opened_ ? ClientError::protocol_error : ClientError::invalid_request;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_WRITE_ERROR:  // From on_header: too large.
    case CURLE_BAD_CONTENT_ENCODING:
      return ClientError::protocol_error;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
      return ClientError::out_of_resources;
    default:
      return ClientError::network_error;
  }
}

void Transfer::clear() {
  set(handle_.get(), CURLOPT_HTTPHEADER, static_cast<curl_slist*>(nullptr));
  set(handle_.get(), CURLOPT_POSTFIELDS, static_cast<const char*>(nullptr));
  lines_.reset();
  request_ = {};
  done_ = nullptr;
  response_ = {};
  header_bytes_ = 0;
  status_ = 0;
  head_complete_ = false;
  opened_ = false;
  socket_error_ = 0;
  refused_address_.clear();
  error_words_.fill('\0');
}

bool Transfer::allows(const std::optional<IpAddress>& address) {
  const auto refused = refusal_of(request_.policy.get(), address);
  if (refused) refused_address_ = *refused;
  return !refused;
}

curl_socket_t Transfer::on_open_socket(void* self, curlsocktype purpose, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (purpose != CURLSOCKTYPE_IPCXN) return CURL_SOCKET_BAD;
  if (!transfer.allows(IpAddress::of(&address->addr, address->addrlen))) return CURL_SOCKET_BAD;
  const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (fd < 0) {
    transfer.socket_error_ = errno;
    return CURL_SOCKET_BAD;
  }
  transfer.opened_ = true;
  transfer.events_.opened(fd);
  return fd;
}

int Transfer::on_close_socket(void* events, curl_socket_t fd) {
  static_cast<SocketEvents*>(events)->closed(fd);
  return ::close(fd);
}

/// Asked before each request, so also for a connection that an earlier one opened under another
/// policy.
int Transfer::on_request(void* self, char* address, char*, int, int) {
  auto& transfer = *static_cast<Transfer*>(self);
  return transfer.allows(IpAddress::parse(address)) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

std::size_t Transfer::on_header(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.header_bytes_ += size * count;
  if (transfer.header_bytes_ > response_headers_bytes_max) return 0;
  transfer.take_header({bytes, size * count});
  return size * count;
}

void Transfer::take_header(std::string_view line) {
  if (head_complete_) return;  // What follows a chunked body.
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) {
    head_complete_ = status_ >= 200;
    return;
  }
  if (line.starts_with("HTTP/")) {
    response_.headers.clear();
    status_ = 0;
    const std::string_view number = line.substr(std::min(line.find(' ') + 1, line.size()));
    std::from_chars(number.data(), number.data() + number.size(), status_);
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  std::string_view value = line.substr(colon + 1);
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
  response_.headers.add(line.substr(0, colon), value);
}

std::size_t Transfer::on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  std::string& body = transfer.response_.body;
  const std::size_t room = transfer.request_.response_bytes_max - body.size();
  body.append(bytes, std::min(size * count, room));
  if (size * count <= room) return size * count;
  transfer.response_.truncated = true;
  return 0;  // Ends the transfer: the rest is nothing to us.
}

}  // namespace tidemark::http
