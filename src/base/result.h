#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace tidemark {

/// What went wrong, as the caller needs to know it: retry, stop, or call somebody?
enum class ErrorKind {
  usage,           ///< The command line is wrong. Exit 2.
  invalid_config,  ///< A configuration value is wrong or missing. Exit 2.
  locked,          ///< Another run has the lock. Exit 11.
  unauthorized,    ///< Source or target refuses our credentials or grants. Exit 12.
  unreachable,     ///< No connection, or it broke. May be retried. Exit 75 when nothing was done.
  timeout,         ///< The peer did not answer in time. May be retried.
  cancelled,       ///< Somebody asked us to stop (SIGINT, SIGTERM).
  no_space,        ///< Disk or inodes are used up.
  io,              ///< Any other failure of a file operation.
  not_found,       ///< The named thing does not exist.
  rejected,        ///< One record cannot be handled; the others can.
  corrupt,         ///< Stored data is damaged; nothing is guessed.
  query,           ///< The database refused a statement.
  unsupported,     ///< The peer lacks what was asked.
};

[[nodiscard]] std::string_view name(ErrorKind kind);

/// A failure of the world outside (network, disk, database, configuration). `what` names the thing
/// and the reason, `hint` (may be empty) the next step.
struct Error {
  ErrorKind kind;
  Message what;
  Message hint{};

  template <class... Args>
  [[nodiscard]] Error with_hint(Text<Args...> text, Args&&... args) && {
    hint = say<Args...>(text, std::forward<Args>(args)...);
    return std::move(*this);
  }
  /// Puts "where: " in front of `what`, as the error travels up.
  template <class... Args>
  [[nodiscard]] Error within(Text<Args...> text, Args&&... args) && {
    const Message where = say<Args...>(text, std::forward<Args>(args)...);
    what.en = where.en + ": " + what.en;
    what.zh = where.zh + "：" + what.zh;
    return std::move(*this);
  }
};

template <class T>
using Result = std::expected<T, Error>;

template <class... Args>
[[nodiscard]] Error make_error(ErrorKind kind, Text<Args...> text, Args&&... args) {
  return Error{kind, say<Args...>(text, std::forward<Args>(args)...)};
}

/// `return fail(ErrorKind::io, {"cannot open {}", "无法打开 {}"}, path);`
template <class... Args>
[[nodiscard]] std::unexpected<Error> fail(ErrorKind kind, Text<Args...> text, Args&&... args) {
  return std::unexpected(make_error<Args...>(kind, text, std::forward<Args>(args)...));
}

/// Passes an error on: `if (!rows) return fail(std::move(rows));`
template <class T>
[[nodiscard]] std::unexpected<Error> fail(Result<T>&& failed) {
  return std::unexpected(std::move(failed).error());
}
[[nodiscard]] inline std::unexpected<Error> fail(Error error) {
  return std::unexpected(std::move(error));
}

}  // namespace tidemark
