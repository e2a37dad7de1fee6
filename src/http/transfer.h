#pragma once

#include <curl/curl.h>

#include <array>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "http/client.h"
#include "http/ip_address.h"
#include "http/socket_events.h"

namespace tidemark::http {

/// Why a request may not go there, beginning with the address; nullopt: it may.
[[nodiscard]] std::optional<std::string> refusal_of(const AddressPolicy* policy,
                                                    const std::optional<IpAddress>& address);

/// One libcurl easy handle, used for one request after the other. On the client's thread.
class Transfer {
 public:
  /// `events` waits for its sockets, and must outlive the connections that it makes.
  Transfer(const ClientOptions& options, SocketEvents& events);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  enum class Purpose {
    exchange,
    connection,  ///< Only to where the request's URL says; connected() then has it.
  };
  /// Takes over a request; what it says is checked. A response means that it cannot be sent.
  [[nodiscard]] std::optional<ClientResponse> prepare(ClientRequest request, ClientDone done,
                                                      Purpose purpose);

  struct Connected {
    UniqueFd fd;
    IpAddress peer;
    std::chrono::microseconds name_lookup{};
    std::chrono::microseconds connect{};
  };
  /// Once libcurl says that a connection is there: a descriptor of our own for it. Else the errno:
  /// no descriptor is left, or the peer has gone already.
  [[nodiscard]] std::expected<Connected, int> connected();
  /// What came, once libcurl says it is over.
  [[nodiscard]] ClientResponse finish(CURLcode code);
  /// What came until now, when it is broken off.
  [[nodiscard]] ClientResponse cancel();
  /// Of the request that was prepared.
  [[nodiscard]] ClientDone take_done() { return std::move(done_); }
  /// Forgets the request, keeps the handle.
  void clear();

  [[nodiscard]] CURL* handle() { return handle_.get(); }
  [[nodiscard]] static Transfer& of(CURL* handle);

 private:
  struct FreeHandle {
    void operator()(CURL* handle) const { ::curl_easy_cleanup(handle); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
  };

  [[nodiscard]] bool add_headers();
  void set_method();
  void set_tls();
  [[nodiscard]] ClientResponse response();
  [[nodiscard]] ClientError error_of(CURLcode code);
  void take_header(std::string_view line);
  /// Whether the policy allows it; remembers one that it does not.
  [[nodiscard]] bool allows(const std::optional<IpAddress>& address);

  static curl_socket_t on_open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int on_close_socket(void* events, curl_socket_t fd);
  static int on_request(void* self, char* address, char* local, int port, int local_port);
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self);

  std::array<char, CURL_ERROR_SIZE> error_words_{};  // The handle writes there.
  SocketEvents& events_;
  std::unique_ptr<CURL, FreeHandle> handle_;
  std::string method_set_;         // What the handle was told the last time.
  bool own_tls_files_set_ = true;  // At first nothing is known.
  std::unique_ptr<curl_slist, FreeList> lines_;
  ClientRequest request_;
  ClientDone done_;
  ClientResponse response_;
  std::size_t header_bytes_ = 0;
  int status_ = 0;  // Of the response whose fields are coming.
  bool head_complete_ = false;
  bool opened_ = false;          // A socket was allowed and made.
  int socket_error_ = 0;         // errno of one that could not be made.
  std::string refused_address_;  // With the reason; empty if none.
};

}  // namespace tidemark::http
