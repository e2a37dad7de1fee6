#include "load/stream_turn.h"

namespace tidemark::load {

Result<void> take_turn(sql::Connection& connection, const std::string& platform,
                       const std::string& stream) {
  // SQLite has one writer at a time anyway.
  if (connection.dialect() == sql::Dialect::sqlite) return {};
  const auto taken = sql::query_value(
      connection, "SELECT 1 FROM load_streams WHERE platform=? AND stream=? FOR UPDATE",
      sql::Values{platform, stream});
  return taken ? Result<void>{} : fail(taken.error());
}

}  // namespace tidemark::load
