#pragma once

#include <string_view>

#include "sql/url.h"

namespace tidemark::relay {

/// Behind a SELECT: nobody changes the row before the commit, others may read it. MariaDB lacks the
/// words of the standard, MySQL 8 still knows the old ones; SQLite has one writer anyway.
[[nodiscard]] inline std::string_view share_lock(sql::Dialect dialect) {
  switch (dialect) {
    case sql::Dialect::sqlite:
      return "";
    case sql::Dialect::mysql:
      return " LOCK IN SHARE MODE";
    case sql::Dialect::postgres:
      return " FOR SHARE";
  }
  return "";
}

}  // namespace tidemark::relay
