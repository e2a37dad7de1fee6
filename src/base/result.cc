#include "base/result.h"

namespace tidemark {

std::string_view name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
      return "usage";
    case ErrorKind::invalid_config:
      return "invalid_config";
    case ErrorKind::locked:
      return "locked";
    case ErrorKind::unauthorized:
      return "unauthorized";
    case ErrorKind::unreachable:
      return "unreachable";
    case ErrorKind::timeout:
      return "timeout";
    case ErrorKind::cancelled:
      return "cancelled";
    case ErrorKind::no_space:
      return "no_space";
    case ErrorKind::io:
      return "io";
    case ErrorKind::not_found:
      return "not_found";
    case ErrorKind::rejected:
      return "rejected";
    case ErrorKind::corrupt:
      return "corrupt";
    case ErrorKind::query:
      return "query";
    case ErrorKind::unsupported:
      return "unsupported";
  }
  return "unknown";
}

}  // namespace tidemark
