#include "http/client_error.h"

#include <cerrno>

namespace tidemark::http {

std::string_view name(ClientError error) {
  switch (error) {
    case ClientError::none:
      return "";
    case ClientError::econnrefused:
      return "ECONNREFUSED";
    case ClientError::etimedout:
      return "ETIMEDOUT";
    case ClientError::econnreset:
      return "ECONNRESET";
    case ClientError::ehostunreach:
      return "EHOSTUNREACH";
    case ClientError::dns_error:
      return "DNS_ERROR";
    case ClientError::tls_error:
      return "TLS_ERROR";
    case ClientError::protocol_error:
      return "PROTOCOL_ERROR";
    case ClientError::network_error:
      return "NETWORK_ERROR";
    case ClientError::address_refused:
      return "ADDRESS_REFUSED";
    case ClientError::invalid_request:
      return "INVALID_REQUEST";
    case ClientError::tls_file_error:
      return "TLS_FILE_ERROR";
    case ClientError::out_of_resources:
      return "OUT_OF_RESOURCES";
    case ClientError::cancelled:
      return "CANCELLED";
  }
  return "";
}

ClientError client_error_of(int code) {
  switch (code) {
    case ECONNREFUSED:
      return ClientError::econnrefused;
    case ETIMEDOUT:
      return ClientError::etimedout;
    case ECONNRESET:
    case EPIPE:
      return ClientError::econnreset;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
      return ClientError::ehostunreach;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EADDRNOTAVAIL:  // No port left on our side.
      return ClientError::out_of_resources;
    default:
      return ClientError::network_error;
  }
}

bool is_own_fault(ClientError error) {
  switch (error) {
    case ClientError::tls_file_error:
    case ClientError::out_of_resources:
    case ClientError::cancelled:
      return true;
    default:
      return false;
  }
}

}  // namespace tidemark::http
