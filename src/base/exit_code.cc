#include "base/exit_code.h"

#include <csignal>

namespace tidemark {

ExitCode exit_code_for(ErrorKind kind, const Stop& stop) {
  switch (kind) {
    case ErrorKind::usage:
    case ErrorKind::invalid_config:
      return ExitCode::usage;
    case ErrorKind::locked:
      return ExitCode::locked;
    case ErrorKind::unauthorized:
      return ExitCode::unauthorized;
    case ErrorKind::unreachable:
    case ErrorKind::timeout:
      return ExitCode::retry_later;
    case ErrorKind::cancelled:
      return exit_code_for(stop);
    case ErrorKind::no_space:
    case ErrorKind::io:
    case ErrorKind::not_found:
    case ErrorKind::rejected:
    case ErrorKind::corrupt:
    case ErrorKind::query:
    case ErrorKind::unsupported:
      return ExitCode::failed;
  }
  return ExitCode::failed;
}

ExitCode exit_code_for(const Stop& stop) { return exit_code_of_signal(stop.signal()); }

ExitCode exit_code_of_signal(int signal) {
  switch (signal) {
    case SIGINT:
      return ExitCode::interrupted;
    case SIGTERM:
      return ExitCode::terminated;
    default:
      return ExitCode::failed;
  }
}

}  // namespace tidemark
