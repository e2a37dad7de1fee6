#include "relay/views.h"

#include <array>

#include "run/migration.h"

namespace tidemark::relay {
namespace {

using run::Migration;

constexpr std::string_view delay_sqlite =
    "CREATE VIEW IF NOT EXISTS v_sync_delay_1h AS SELECT COUNT(*) AS delivered, "
    "AVG(delay) / 1000000.0 AS avg_delay_seconds, MAX(delay) / 1000000.0 AS max_delay_seconds "
    "FROM (SELECT MAX(finished_at - COALESCE(wanted_at, created_at), 0) AS delay FROM deliveries "
    "WHERE status = 'delivered' AND finished_at >= "
    "(CAST(strftime('%s', 'now') AS INTEGER) - 3600) * 1000000)";
constexpr std::string_view delay_mysql =
    "CREATE OR REPLACE VIEW v_sync_delay_1h AS SELECT COUNT(*) AS delivered, "
    "AVG(GREATEST(finished_at - COALESCE(wanted_at, created_at), 0)) / 1000000.0 AS "
    "avg_delay_seconds, MAX(GREATEST(finished_at - COALESCE(wanted_at, created_at), 0)) / "
    "1000000.0 AS max_delay_seconds FROM deliveries WHERE status = 'delivered' AND finished_at >= "
    "(UNIX_TIMESTAMP() - 3600) * 1000000";
constexpr std::string_view delay_postgres =
    "CREATE OR REPLACE VIEW v_sync_delay_1h AS SELECT COUNT(*) AS delivered, "
    "AVG(GREATEST(finished_at - COALESCE(wanted_at, created_at), 0)) / 1000000.0 AS "
    "avg_delay_seconds, MAX(GREATEST(finished_at - COALESCE(wanted_at, created_at), 0)) / "
    "1000000.0 AS max_delay_seconds FROM deliveries WHERE status = 'delivered' AND finished_at >= "
    "CAST((extract(epoch FROM now()) - 3600) * 1000000 AS BIGINT)";

constexpr std::array steps = {
    // How many of those that ended in the last 24 hours were delivered?
    Migration{
        .sqlite = "CREATE VIEW IF NOT EXISTS v_sync_success_24h AS SELECT "
                  "COALESCE(SUM(CASE WHEN status = 'delivered' THEN 1 ELSE 0 END), 0) AS "
                  "delivered, COALESCE(SUM(CASE WHEN status = 'parked' THEN 1 ELSE 0 END), 0) AS "
                  "failed, 100.0 * SUM(CASE WHEN status = 'delivered' THEN 1 ELSE 0 END) / "
                  "NULLIF(COUNT(*), 0) AS success_rate_percent FROM deliveries WHERE status IN "
                  "('delivered', 'parked') AND finished_at >= "
                  "(CAST(strftime('%s', 'now') AS INTEGER) - 86400) * 1000000",
        .mysql = "CREATE OR REPLACE VIEW v_sync_success_24h AS SELECT "
                 "CAST(COALESCE(SUM(CASE WHEN status = 'delivered' THEN 1 ELSE 0 END), 0) AS "
                 "SIGNED) AS delivered, CAST(COALESCE(SUM(CASE WHEN status = 'parked' THEN 1 ELSE "
                 "0 END), 0) AS SIGNED) AS failed, 100.0 * SUM(CASE WHEN status = 'delivered' THEN "
                 "1 ELSE 0 END) / NULLIF(COUNT(*), 0) AS success_rate_percent FROM deliveries "
                 "WHERE status IN ('delivered', 'parked') AND finished_at >= (UNIX_TIMESTAMP() - "
                 "86400) * 1000000",
        .postgres =
            "CREATE OR REPLACE VIEW v_sync_success_24h AS SELECT "
            "COALESCE(SUM(CASE WHEN status = 'delivered' THEN 1 ELSE 0 END), 0) AS delivered, "
            "COALESCE(SUM(CASE WHEN status = 'parked' THEN 1 ELSE 0 END), 0) AS failed, "
            "100.0 * SUM(CASE WHEN status = 'delivered' THEN 1 ELSE 0 END) / NULLIF(COUNT(*), 0) "
            "AS success_rate_percent FROM deliveries WHERE status IN ('delivered', 'parked') AND "
            "finished_at >= CAST((extract(epoch FROM now()) - 86400) * 1000000 AS BIGINT)",
    },
    // How long did those take that arrived in the last hour, from publishing to the 2xx?
    Migration{
        .sqlite = "CREATE VIEW IF NOT EXISTS v_sync_delay_1h AS SELECT COUNT(*) AS delivered, "
                  "AVG(finished_at - created_at) / 1000000.0 AS avg_delay_seconds, "
                  "MAX(finished_at - created_at) / 1000000.0 AS max_delay_seconds FROM deliveries "
                  "WHERE status = 'delivered' AND finished_at >= "
                  "(CAST(strftime('%s', 'now') AS INTEGER) - 3600) * 1000000",
        .mysql = "CREATE OR REPLACE VIEW v_sync_delay_1h AS SELECT COUNT(*) AS delivered, "
                 "AVG(finished_at - created_at) / 1000000.0 AS avg_delay_seconds, "
                 "MAX(finished_at - created_at) / 1000000.0 AS max_delay_seconds FROM deliveries "
                 "WHERE status = 'delivered' AND finished_at >= (UNIX_TIMESTAMP() - 3600) * "
                 "1000000",
        .postgres = "CREATE OR REPLACE VIEW v_sync_delay_1h AS SELECT COUNT(*) AS delivered, "
                    "AVG(finished_at - created_at) / 1000000.0 AS avg_delay_seconds, "
                    "MAX(finished_at - created_at) / 1000000.0 AS max_delay_seconds FROM "
                    "deliveries WHERE status = 'delivered' AND finished_at >= "
                    "CAST((extract(epoch FROM now()) - 3600) * 1000000 AS BIGINT)",
    },
    // What do those fail of that are not delivered yet?
    Migration{
        .sqlite = "CREATE VIEW IF NOT EXISTS v_sync_failures AS SELECT last_error AS error_code, "
                  "SUM(CASE WHEN status = 'retrying' THEN 1 ELSE 0 END) AS retrying, "
                  "SUM(CASE WHEN status = 'parked' THEN 1 ELSE 0 END) AS parked FROM deliveries "
                  "WHERE status IN ('retrying', 'parked') GROUP BY last_error",
        .mysql = "CREATE OR REPLACE VIEW v_sync_failures AS SELECT last_error AS error_code, "
                 "CAST(SUM(CASE WHEN status = 'retrying' THEN 1 ELSE 0 END) AS SIGNED) AS "
                 "retrying, CAST(SUM(CASE WHEN status = 'parked' THEN 1 ELSE 0 END) AS SIGNED) AS "
                 "parked FROM deliveries WHERE status IN ('retrying', 'parked') GROUP BY "
                 "last_error",
        .postgres = "CREATE OR REPLACE VIEW v_sync_failures AS SELECT last_error AS error_code, "
                    "SUM(CASE WHEN status = 'retrying' THEN 1 ELSE 0 END) AS retrying, "
                    "SUM(CASE WHEN status = 'parked' THEN 1 ELSE 0 END) AS parked FROM deliveries "
                    "WHERE status IN ('retrying', 'parked') GROUP BY last_error",
    },
    // The same, from when each was to be sent: a batch's time, or when a person sent it again.
    Migration{
        .sqlite = "DROP VIEW IF EXISTS v_sync_delay_1h",
        .mysql = delay_mysql,
        .postgres = delay_postgres,
    },
    Migration{
        .sqlite = delay_sqlite,
        .mysql = delay_mysql,
        .postgres = delay_postgres,
    },
};

}  // namespace

Result<void> migrate_views(sql::Connection& connection) {
  return run::migrate(connection, "relay_views", steps);
}

}  // namespace tidemark::relay
