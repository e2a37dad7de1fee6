#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemark::sql {

enum class Dialect { sqlite, mysql, postgres };

[[nodiscard]] std::string_view name(Dialect dialect);

/// Where a database is: `sqlite:PATH`, `mysql://user[:password]@host[:port]/db` (MariaDB too;
/// `mariadb://` is the same), `postgres://…` (`postgresql://`). Options after `?`:
///   socket=PATH          Unix socket (MySQL: file; PostgreSQL: folder)
///   tls=off|prefer|require|verify   default prefer
///   tls_ca=FILE
///   connect_timeout=10s
/// User, password, database and options are percent-decoded, the PATH of SQLite is not. A host in
/// brackets is IPv6. A server without host and socket is asked on its client's default socket; a
/// host, `localhost` too, means TCP.
struct Url {
  Dialect dialect = Dialect::sqlite;
  std::string path;  ///< SQLite only.
  std::string user;
  std::optional<std::string> password;  ///< nullopt: not given; the client's own file is asked.
  std::string host;
  int port = 0;  ///< 0: the protocol's default.
  std::string database;
  std::map<std::string, std::string> options;

  /// Errors: invalid_config, naming what is wrong; the text never carries the password.
  [[nodiscard]] static Result<Url> parse(std::string_view text);

  /// For people and logs; a password prints as `***`.
  [[nodiscard]] std::string redacted() const;
  /// Names the database without user and password: what a state directory remembers.
  [[nodiscard]] std::string identity() const;

  /// An option's value, or `fallback` if it is not given.
  [[nodiscard]] std::string option(std::string_view key, std::string_view fallback = "") const;
  [[nodiscard]] std::chrono::milliseconds connect_timeout(std::chrono::milliseconds fallback) const;
};

}  // namespace tidemark::sql
