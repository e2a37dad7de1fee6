#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/address_policy.h"
#include "http/client_error.h"
#include "http/headers.h"

namespace tidemark::http {

/// How https receivers are believed, and believe us. Certificates are always verified.
struct TlsFiles {
  std::string ca_file{};                  ///< PEM; empty: the system's authorities.
  std::string client_certificate_file{};  ///< PEM; empty: none.
  std::string client_key_file{};          ///< PEM, without passphrase.
};

struct ClientRequest {
  std::string method = "POST";
  std::string url;  ///< As check_endpoint_url accepts it.
  /// Host, Content-Length, Transfer-Encoding, Connection and Expect are the client's.
  Headers headers{};
  std::shared_ptr<const std::string> body{};  ///< Not copied. None: no body.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);  ///< Name and TLS too.
  std::chrono::milliseconds total_timeout = std::chrono::seconds(30);    ///< The whole exchange.
  std::size_t response_bytes_max = std::size_t{64} << 10;  ///< Kept of the body; no more is read.
  std::shared_ptr<const TlsFiles> tls{};
  std::shared_ptr<const AddressPolicy> policy{};  ///< None: AddressPolicy(), nothing special.
};

/// How it went. Either there is a status, whatever happened to the body after it, or an error.
struct ClientResponse {
  int status = 0;     ///< 0: no answer.
  Headers headers{};  ///< At most response_headers_bytes_max.
  std::string body{};
  bool truncated = false;  ///< The body is not whole: too long, too slow, or broken off.

  ClientError error = ClientError::none;
  std::string error_text{};  ///< The library's words, for people; empty with a status.

  std::string address{};  ///< Connected to: `192.0.2.1`, or the one that was refused.
  bool reused = false;    ///< On a connection of an earlier request.

  // Since the request left the queue; 0 for what was not reached or not needed.
  std::chrono::microseconds name_lookup{};
  std::chrono::microseconds connect{};
  std::chrono::microseconds first_byte{};
  std::chrono::microseconds total{};
};

/// Header fields of a response together; more is PROTOCOL_ERROR.
constexpr std::size_t response_headers_bytes_max = std::size_t{64} << 10;

using ClientDone = std::move_only_function<void(ClientResponse)>;

struct ClientOptions {
  std::string user_agent = "Tidemark";
  std::size_t idle_connections_max = 1024;  ///< Kept open for the next request.
  std::chrono::seconds idle_timeout{60};    ///< Those unused for longer are not used again.
  /// Nor those open for longer: names, certificates and their files are looked at anew.
  std::chrono::seconds connection_age_max{300};
};

/// Sends HTTP requests (HTTP/1.1, keep-alive) over one thread of its own, any number at a time;
/// the caller bounds how many. Redirects are not followed, no proxy is used, no environment is
/// read, no cookies or passwords are kept. Each connection's address must please the request's
/// policy when it is made and each time it is used, whatever a name meant before (DNS rebinding).
/// A request on a kept connection that turns out to be closed is sent again on a new one: a
/// receiver may see it twice.
class HttpClient {
 public:
  /// Starts the thread. Errors: io when the system has no thread or descriptors left.
  [[nodiscard]] static Result<std::unique_ptr<HttpClient>> create(ClientOptions options);
  /// Cancels what is in flight and ends the thread; each callback is called before it returns.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Returns at once; thread-safe. `done` is called once, on the client's thread, never from
  /// within send(), at the latest shortly after total_timeout. It must not wait, or all requests
  /// wait with it; it may send(). What it throws is logged.
  void send(ClientRequest request, ClientDone done);

  /// Everything that was sent before ends now, as CANCELLED where no answer has come.
  void cancel_all();

  /// What is sent from now on is CANCELLED. Waits up to `grace` for what is in flight and cancels
  /// the rest; returns when all callbacks have been called. Not from a callback.
  void stop(std::chrono::milliseconds grace);

  /// Requests whose callback has not returned.
  [[nodiscard]] std::size_t in_flight() const;

 private:
  class Loop;
  explicit HttpClient(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

}  // namespace tidemark::http
