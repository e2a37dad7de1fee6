#include "relay/schema.h"

#include <array>

#include "relay/views.h"
#include "run/migration.h"

namespace tidemark::relay {
namespace {

using run::Migration;

constexpr std::string_view cancel_parked_of_deleted =
    "UPDATE deliveries SET status = 'cancelled', due_at = NULL, open_key = NULL WHERE "
    "status = 'parked' AND subscription_id IN (SELECT subscription_id FROM subscriptions "
    "WHERE deleted_at IS NOT NULL)";

// One statement a step. MySQL: utf8mb4_bin, because keys are compared byte by byte; its keys hold
// 3,072 bytes, four for each letter.
constexpr std::array steps = {
    Migration{
        .sqlite = "CREATE TABLE IF NOT EXISTS events (event_id TEXT NOT NULL PRIMARY KEY, "
                  "event_type TEXT NOT NULL, source_system TEXT NOT NULL, "
                  "source_type TEXT NOT NULL, source_id TEXT NOT NULL, "
                  "source_version INTEGER NOT NULL, voucher_id INTEGER, voucher_no TEXT NOT NULL, "
                  "target_systems TEXT NOT NULL, source_module TEXT NOT NULL, "
                  "company_id TEXT NOT NULL, content_hash TEXT NOT NULL, body TEXT NOT NULL, "
                  "created_at INTEGER NOT NULL, "
                  "UNIQUE (source_system, source_type, source_id, event_type, source_version)) "
                  "STRICT",
        .mysql = "CREATE TABLE IF NOT EXISTS events (event_id VARCHAR(32) NOT NULL PRIMARY KEY, "
                 "event_type VARCHAR(128) NOT NULL, source_system VARCHAR(64) NOT NULL, "
                 "source_type VARCHAR(64) NOT NULL, source_id VARCHAR(191) NOT NULL, "
                 "source_version BIGINT NOT NULL, voucher_id BIGINT, "
                 "voucher_no VARCHAR(191) NOT NULL, target_systems TEXT NOT NULL, "
                 "source_module VARCHAR(191) NOT NULL, company_id VARCHAR(191) NOT NULL, "
                 "content_hash VARCHAR(64) NOT NULL, body LONGTEXT NOT NULL, "
                 "created_at BIGINT NOT NULL, UNIQUE KEY events_identity (source_system, "
                 "source_type, source_id, event_type, source_version), "
                 "KEY events_voucher (voucher_id)) "
                 "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        .postgres = "CREATE TABLE IF NOT EXISTS events (event_id TEXT COLLATE \"C\" NOT NULL "
                    "PRIMARY KEY, event_type TEXT COLLATE \"C\" NOT NULL, "
                    "source_system TEXT COLLATE \"C\" NOT NULL, "
                    "source_type TEXT COLLATE \"C\" NOT NULL, "
                    "source_id TEXT COLLATE \"C\" NOT NULL, source_version BIGINT NOT NULL, "
                    "voucher_id BIGINT, voucher_no TEXT NOT NULL, target_systems TEXT NOT NULL, "
                    "source_module TEXT NOT NULL, company_id TEXT NOT NULL, "
                    "content_hash TEXT NOT NULL, body TEXT NOT NULL, created_at BIGINT NOT NULL, "
                    "UNIQUE (source_system, source_type, source_id, event_type, source_version))",
    },
    Migration{
        .sqlite = "CREATE INDEX IF NOT EXISTS events_voucher ON events (voucher_id) "
                  "WHERE voucher_id IS NOT NULL",
        .mysql = "DO 0",
        .postgres = "CREATE INDEX IF NOT EXISTS events_voucher ON events (voucher_id) "
                    "WHERE voucher_id IS NOT NULL",
    },
    Migration{
        .sqlite =
            "CREATE TABLE IF NOT EXISTS subscriptions (subscription_id TEXT NOT NULL PRIMARY KEY, "
            "name TEXT NOT NULL, target_system TEXT NOT NULL, url TEXT NOT NULL, "
            "event_types TEXT NOT NULL, settings TEXT NOT NULL, secrets TEXT NOT NULL, "
            "state TEXT NOT NULL, state_reason TEXT NOT NULL, state_since INTEGER NOT NULL, "
            "failures INTEGER NOT NULL, probe_at INTEGER, next_sequence INTEGER NOT NULL, "
            "version INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, "
            "deleted_at INTEGER) STRICT",
        .mysql =
            "CREATE TABLE IF NOT EXISTS subscriptions (subscription_id VARCHAR(32) NOT NULL "
            "PRIMARY KEY, name VARCHAR(191) NOT NULL, target_system VARCHAR(64) NOT NULL, "
            "url TEXT NOT NULL, event_types TEXT NOT NULL, settings TEXT NOT NULL, "
            "secrets TEXT NOT NULL, state VARCHAR(16) NOT NULL, state_reason VARCHAR(64) NOT NULL, "
            "state_since BIGINT NOT NULL, failures BIGINT NOT NULL, probe_at BIGINT, "
            "next_sequence BIGINT NOT NULL, version BIGINT NOT NULL, created_at BIGINT NOT NULL, "
            "updated_at BIGINT NOT NULL, deleted_at BIGINT) "
            "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        .postgres =
            "CREATE TABLE IF NOT EXISTS subscriptions (subscription_id TEXT COLLATE \"C\" NOT NULL "
            "PRIMARY KEY, name TEXT NOT NULL, target_system TEXT NOT NULL, url TEXT NOT NULL, "
            "event_types TEXT NOT NULL, settings TEXT NOT NULL, secrets TEXT NOT NULL, "
            "state TEXT NOT NULL, state_reason TEXT NOT NULL, state_since BIGINT NOT NULL, "
            "failures BIGINT NOT NULL, probe_at BIGINT, next_sequence BIGINT NOT NULL, "
            "version BIGINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, "
            "deleted_at BIGINT)",
    },
    // due_at: when it is to be tried; NULL when nothing is to be done, or when an earlier delivery
    // of the same open_key comes first. open_key: the source, while an ordered subscription must
    // not overtake this delivery. retry_step: which step of the schedule comes next.
    Migration{
        .sqlite =
            "CREATE TABLE IF NOT EXISTS deliveries (subscription_id TEXT NOT NULL, "
            "sequence INTEGER NOT NULL, event_id TEXT NOT NULL, status TEXT NOT NULL, "
            "due_at INTEGER, open_key TEXT, attempts INTEGER NOT NULL, "
            "retry_step INTEGER NOT NULL, last_status_code INTEGER, last_error TEXT NOT NULL, "
            "last_message TEXT NOT NULL, created_at INTEGER NOT NULL, started_at INTEGER, "
            "finished_at INTEGER, PRIMARY KEY (subscription_id, sequence)) "
            "STRICT, WITHOUT ROWID",
        .mysql = "CREATE TABLE IF NOT EXISTS deliveries (subscription_id VARCHAR(32) NOT NULL, "
                 "sequence BIGINT NOT NULL, event_id VARCHAR(32) NOT NULL, "
                 "status VARCHAR(16) NOT NULL, due_at BIGINT, open_key VARCHAR(384), "
                 "attempts BIGINT NOT NULL, retry_step BIGINT NOT NULL, last_status_code INTEGER, "
                 "last_error VARCHAR(64) NOT NULL, last_message TEXT NOT NULL, "
                 "created_at BIGINT NOT NULL, started_at BIGINT, finished_at BIGINT, "
                 "PRIMARY KEY (subscription_id, sequence), "
                 "KEY deliveries_event (event_id), "
                 "KEY deliveries_due (subscription_id, due_at, sequence), "
                 "KEY deliveries_open (subscription_id, open_key, sequence), "
                 "KEY deliveries_finished (finished_at)) "
                 "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        .postgres = "CREATE TABLE IF NOT EXISTS deliveries (subscription_id TEXT COLLATE \"C\" NOT "
                    "NULL, sequence BIGINT NOT NULL, event_id TEXT COLLATE \"C\" NOT NULL, "
                    "status TEXT NOT NULL, due_at BIGINT, open_key TEXT COLLATE \"C\", "
                    "attempts BIGINT NOT NULL, retry_step BIGINT NOT NULL, "
                    "last_status_code INTEGER, last_error TEXT NOT NULL, "
                    "last_message TEXT NOT NULL, created_at BIGINT NOT NULL, started_at BIGINT, "
                    "finished_at BIGINT, PRIMARY KEY (subscription_id, sequence))",
    },
    Migration{
        .sqlite = "CREATE INDEX IF NOT EXISTS deliveries_event ON deliveries (event_id)",
        .mysql = "DO 0",
        .postgres = "CREATE INDEX IF NOT EXISTS deliveries_event ON deliveries (event_id)",
    },
    Migration{
        .sqlite = "CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries "
                  "(subscription_id, due_at, sequence) WHERE due_at IS NOT NULL",
        .mysql = "DO 0",
        .postgres = "CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries "
                    "(subscription_id, due_at, sequence) WHERE due_at IS NOT NULL",
    },
    Migration{
        .sqlite = "CREATE INDEX IF NOT EXISTS deliveries_open ON deliveries "
                  "(subscription_id, open_key, sequence) WHERE open_key IS NOT NULL",
        .mysql = "DO 0",
        .postgres = "CREATE INDEX IF NOT EXISTS deliveries_open ON deliveries "
                    "(subscription_id, open_key, sequence) WHERE open_key IS NOT NULL",
    },
    // Few are parked or wait for a retry: these are what people look for.
    Migration{
        .sqlite = "CREATE INDEX IF NOT EXISTS deliveries_failing ON deliveries (status, "
                  "event_id) WHERE status IN ('retrying', 'parked')",
        .mysql = "CREATE INDEX /*M! IF NOT EXISTS */ deliveries_failing ON deliveries (status, "
                 "event_id)",
        .postgres = "CREATE INDEX IF NOT EXISTS deliveries_failing ON deliveries (status, "
                    "event_id) WHERE status IN ('retrying', 'parked')",
    },
    Migration{
        .sqlite = "CREATE TABLE IF NOT EXISTS attempts (subscription_id TEXT NOT NULL, "
                  "sequence INTEGER NOT NULL, attempt INTEGER NOT NULL, "
                  "started_at INTEGER NOT NULL, duration_us INTEGER NOT NULL, status_code INTEGER, "
                  "error_code TEXT NOT NULL, message TEXT NOT NULL, response TEXT NOT NULL, "
                  "PRIMARY KEY (subscription_id, sequence, attempt)) STRICT, WITHOUT ROWID",
        .mysql = "CREATE TABLE IF NOT EXISTS attempts (subscription_id VARCHAR(32) NOT NULL, "
                 "sequence BIGINT NOT NULL, attempt BIGINT NOT NULL, started_at BIGINT NOT NULL, "
                 "duration_us BIGINT NOT NULL, status_code INTEGER, "
                 "error_code VARCHAR(64) NOT NULL, message TEXT NOT NULL, response TEXT NOT NULL, "
                 "PRIMARY KEY (subscription_id, sequence, attempt)) "
                 "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        .postgres = "CREATE TABLE IF NOT EXISTS attempts (subscription_id TEXT COLLATE \"C\" NOT "
                    "NULL, sequence BIGINT NOT NULL, attempt BIGINT NOT NULL, "
                    "started_at BIGINT NOT NULL, duration_us BIGINT NOT NULL, "
                    "status_code INTEGER, error_code TEXT NOT NULL, message TEXT NOT NULL, "
                    "response TEXT NOT NULL, PRIMARY KEY (subscription_id, sequence, attempt))",
    },
    Migration{
        .sqlite = "CREATE TABLE IF NOT EXISTS idempotency_keys (idempotency_key TEXT NOT NULL "
                  "PRIMARY KEY, request_hash TEXT NOT NULL, answer TEXT NOT NULL, "
                  "created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID",
        .mysql = "CREATE TABLE IF NOT EXISTS idempotency_keys (idempotency_key VARCHAR(191) NOT "
                 "NULL PRIMARY KEY, request_hash VARCHAR(64) NOT NULL, answer TEXT NOT NULL, "
                 "created_at BIGINT NOT NULL) "
                 "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        .postgres = "CREATE TABLE IF NOT EXISTS idempotency_keys (idempotency_key TEXT COLLATE "
                    "\"C\" NOT NULL PRIMARY KEY, request_hash TEXT NOT NULL, answer TEXT NOT NULL, "
                    "created_at BIGINT NOT NULL)",
    },
    Migration{
        .sqlite = "CREATE TABLE IF NOT EXISTS counters (counter TEXT NOT NULL PRIMARY KEY, "
                  "value INTEGER NOT NULL) STRICT, WITHOUT ROWID",
        .mysql = "CREATE TABLE IF NOT EXISTS counters (counter VARCHAR(64) NOT NULL PRIMARY KEY, "
                 "value BIGINT NOT NULL) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        .postgres = "CREATE TABLE IF NOT EXISTS counters (counter TEXT COLLATE \"C\" NOT NULL "
                    "PRIMARY KEY, value BIGINT NOT NULL)",
    },
    Migration{
        .sqlite = "INSERT INTO counters (counter, value) SELECT 'voucher_id', 0 WHERE NOT EXISTS "
                  "(SELECT 1 FROM counters WHERE counter = 'voucher_id')",
        .mysql = "INSERT IGNORE INTO counters (counter, value) VALUES ('voucher_id', 0)",
        .postgres = "INSERT INTO counters (counter, value) VALUES ('voucher_id', 0) "
                    "ON CONFLICT DO NOTHING",
    },
    Migration{
        .sqlite = "INSERT INTO counters (counter, value) SELECT 'subscriptions', 0 WHERE NOT "
                  "EXISTS (SELECT 1 FROM counters WHERE counter = 'subscriptions')",
        .mysql = "INSERT IGNORE INTO counters (counter, value) VALUES ('subscriptions', 0)",
        .postgres = "INSERT INTO counters (counter, value) VALUES ('subscriptions', 0) "
                    "ON CONFLICT DO NOTHING",
    },
    Migration{
        .sqlite = "INSERT INTO counters (counter, value) SELECT 'deliveries', 0 WHERE NOT "
                  "EXISTS (SELECT 1 FROM counters WHERE counter = 'deliveries')",
        .mysql = "INSERT IGNORE INTO counters (counter, value) VALUES ('deliveries', 0)",
        .postgres = "INSERT INTO counters (counter, value) VALUES ('deliveries', 0) "
                    "ON CONFLICT DO NOTHING",
    },
    // Who sends for a subscription. epoch grows with each owner: the fencing token.
    Migration{
        .sqlite = "CREATE TABLE IF NOT EXISTS leases (subscription_id TEXT NOT NULL PRIMARY KEY, "
                  "owner TEXT NOT NULL, epoch INTEGER NOT NULL, expires_at INTEGER NOT NULL) "
                  "STRICT, WITHOUT ROWID",
        .mysql = "CREATE TABLE IF NOT EXISTS leases (subscription_id VARCHAR(32) NOT NULL PRIMARY "
                 "KEY, owner VARCHAR(64) NOT NULL, epoch BIGINT NOT NULL, "
                 "expires_at BIGINT NOT NULL) "
                 "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        .postgres =
            "CREATE TABLE IF NOT EXISTS leases (subscription_id TEXT COLLATE \"C\" NOT NULL "
            "PRIMARY KEY, owner TEXT NOT NULL, epoch BIGINT NOT NULL, "
            "expires_at BIGINT NOT NULL)",
    },
    Migration{
        .sqlite = "CREATE TABLE IF NOT EXISTS hubs (hub TEXT NOT NULL PRIMARY KEY, "
                  "seen_at INTEGER NOT NULL) STRICT, WITHOUT ROWID",
        .mysql = "CREATE TABLE IF NOT EXISTS hubs (hub VARCHAR(64) NOT NULL PRIMARY KEY, "
                 "seen_at BIGINT NOT NULL) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        .postgres = "CREATE TABLE IF NOT EXISTS hubs (hub TEXT COLLATE \"C\" NOT NULL PRIMARY KEY, "
                    "seen_at BIGINT NOT NULL)",
    },
    // The log that the finance teams' own SQL reads (docs/manual): one row a delivery.
    Migration{
        .sqlite =
            "CREATE VIEW IF NOT EXISTS fin_data_sync_logs AS SELECT d.subscription_id || '-' || "
            "d.sequence AS id, e.voucher_id, e.event_type, s.target_system, "
            "CASE d.status WHEN 'delivered' THEN 'success' WHEN 'parked' THEN 'failed' "
            "WHEN 'cancelled' THEN 'failed' ELSE 'pending' END AS status, "
            "strftime('%Y-%m-%d %H:%M:%f', d.created_at / 1e6, 'unixepoch') AS sync_started_at, "
            "strftime('%Y-%m-%d %H:%M:%f', d.finished_at / 1e6, 'unixepoch') AS "
            "sync_completed_at, CASE WHEN d.attempts > 1 THEN d.attempts - 1 ELSE 0 END AS "
            "retry_count, NULLIF(d.last_error, '') AS error_code, "
            "NULLIF(d.last_message, '') AS error_message "
            "FROM deliveries d JOIN events e ON e.event_id = d.event_id "
            "JOIN subscriptions s ON s.subscription_id = d.subscription_id",
        .mysql =
            "CREATE OR REPLACE VIEW fin_data_sync_logs AS SELECT CONCAT(d.subscription_id, '-', "
            "d.sequence) AS id, e.voucher_id, e.event_type, s.target_system, "
            "CASE d.status WHEN 'delivered' THEN 'success' WHEN 'parked' THEN 'failed' "
            "WHEN 'cancelled' THEN 'failed' ELSE 'pending' END AS status, "
            "FROM_UNIXTIME(d.created_at / 1000000) AS sync_started_at, "
            "FROM_UNIXTIME(d.finished_at / 1000000) AS sync_completed_at, "
            "CASE WHEN d.attempts > 1 THEN d.attempts - 1 ELSE 0 END AS retry_count, "
            "NULLIF(d.last_error, '') AS error_code, NULLIF(d.last_message, '') AS error_message "
            "FROM deliveries d JOIN events e ON e.event_id = d.event_id "
            "JOIN subscriptions s ON s.subscription_id = d.subscription_id",
        .postgres =
            "CREATE OR REPLACE VIEW fin_data_sync_logs AS SELECT d.subscription_id || '-' || "
            "d.sequence AS id, e.voucher_id, e.event_type, s.target_system, "
            "CASE d.status WHEN 'delivered' THEN 'success' WHEN 'parked' THEN 'failed' "
            "WHEN 'cancelled' THEN 'failed' ELSE 'pending' END AS status, "
            "to_timestamp(d.created_at / 1000000.0) AS sync_started_at, "
            "to_timestamp(d.finished_at / 1000000.0) AS sync_completed_at, "
            "CASE WHEN d.attempts > 1 THEN d.attempts - 1 ELSE 0 END AS retry_count, "
            "NULLIF(d.last_error, '') AS error_code, NULLIF(d.last_message, '') AS error_message "
            "FROM deliveries d JOIN events e ON e.event_id = d.event_id "
            "JOIN subscriptions s ON s.subscription_id = d.subscription_id",
    },
    Migration{
        .sqlite =
            "CREATE VIEW IF NOT EXISTS delivery_attempts AS SELECT a.subscription_id || '-' || "
            "a.sequence AS delivery_id, a.attempt, "
            "strftime('%Y-%m-%d %H:%M:%f', a.started_at / 1e6, 'unixepoch') AS started_at, "
            "strftime('%Y-%m-%d %H:%M:%f', (a.started_at + a.duration_us) / 1e6, 'unixepoch') AS "
            "ended_at, a.duration_us / 1000.0 AS latency_ms, a.status_code, "
            "NULLIF(a.error_code, '') AS error_code, NULLIF(a.message, '') AS error_message, "
            "a.response FROM attempts a",
        .mysql =
            "CREATE OR REPLACE VIEW delivery_attempts AS SELECT CONCAT(a.subscription_id, '-', "
            "a.sequence) AS delivery_id, a.attempt, "
            "FROM_UNIXTIME(a.started_at / 1000000) AS started_at, "
            "FROM_UNIXTIME((a.started_at + a.duration_us) / 1000000) AS ended_at, "
            "a.duration_us / 1000.0 AS latency_ms, a.status_code, "
            "NULLIF(a.error_code, '') AS error_code, NULLIF(a.message, '') AS error_message, "
            "a.response FROM attempts a",
        .postgres =
            "CREATE OR REPLACE VIEW delivery_attempts AS SELECT a.subscription_id || '-' || "
            "a.sequence AS delivery_id, a.attempt, "
            "to_timestamp(a.started_at / 1000000.0) AS started_at, "
            "to_timestamp((a.started_at + a.duration_us) / 1000000.0) AS ended_at, "
            "a.duration_us / 1000.0 AS latency_ms, a.status_code, "
            "NULLIF(a.error_code, '') AS error_code, NULLIF(a.message, '') AS error_message, "
            "a.response FROM attempts a",
    },
    // What was finished lately, and how long it took; what was finished long ago. MySQL has no
    // words for an index that may be there already; MariaDB has, in a comment that it alone reads.
    Migration{
        .sqlite = "CREATE INDEX IF NOT EXISTS deliveries_ended ON deliveries "
                  "(status, finished_at, created_at) WHERE finished_at IS NOT NULL",
        .mysql = "CREATE INDEX /*M! IF NOT EXISTS */ deliveries_ended ON deliveries "
                 "(status, finished_at, created_at)",
        .postgres = "CREATE INDEX IF NOT EXISTS deliveries_ended ON deliveries "
                    "(status, finished_at, created_at) WHERE finished_at IS NOT NULL",
    },
    Migration{
        .sqlite = "CREATE INDEX IF NOT EXISTS idempotency_keys_age ON idempotency_keys "
                  "(created_at)",
        .mysql = "CREATE INDEX /*M! IF NOT EXISTS */ idempotency_keys_age ON idempotency_keys "
                 "(created_at)",
        .postgres = "CREATE INDEX IF NOT EXISTS idempotency_keys_age ON idempotency_keys "
                    "(created_at)",
    },
    // What was parked when its subscription was deleted stayed so, and nobody could retry it.
    Migration{
        .sqlite = cancel_parked_of_deleted,
        .mysql = cancel_parked_of_deleted,
        .postgres = cancel_parked_of_deleted,
    },
    // From when on a delivery is late, if not from when it was made: a batch's time, or when a
    // person sent it again.
    Migration{
        .sqlite = "ALTER TABLE deliveries ADD COLUMN wanted_at INTEGER",
        .mysql = "ALTER TABLE deliveries ADD COLUMN /*M! IF NOT EXISTS */ wanted_at BIGINT",
        .postgres = "ALTER TABLE deliveries ADD COLUMN IF NOT EXISTS wanted_at BIGINT",
    },
    // What a change of a subscription still has to do to what waits there (backlog_work.h): below
    // `upto`, and so far up, or down, to `place`.
    Migration{
        .sqlite = "CREATE TABLE IF NOT EXISTS backlog_work (subscription_id TEXT NOT NULL, "
                  "work TEXT NOT NULL, place INTEGER NOT NULL, upto INTEGER NOT NULL, "
                  "due_at INTEGER NOT NULL, PRIMARY KEY (subscription_id, work)) "
                  "STRICT, WITHOUT ROWID",
        .mysql = "CREATE TABLE IF NOT EXISTS backlog_work (subscription_id VARCHAR(32) NOT NULL, "
                 "work VARCHAR(32) NOT NULL, place BIGINT NOT NULL, upto BIGINT NOT NULL, "
                 "due_at BIGINT NOT NULL, PRIMARY KEY (subscription_id, work)) "
                 "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        .postgres = "CREATE TABLE IF NOT EXISTS backlog_work (subscription_id TEXT COLLATE \"C\" "
                    "NOT NULL, work TEXT NOT NULL, place BIGINT NOT NULL, upto BIGINT NOT NULL, "
                    "due_at BIGINT NOT NULL, PRIMARY KEY (subscription_id, work))",
    },
    // What each receiver found when it last compared itself with the hub (receiver_check.h).
    Migration{
        .sqlite = "CREATE TABLE IF NOT EXISTS receiver_checks (subscription_id TEXT NOT NULL "
                  "PRIMARY KEY, checked_at INTEGER NOT NULL, events INTEGER NOT NULL, missing "
                  "INTEGER NOT NULL, older INTEGER NOT NULL, different INTEGER NOT NULL, cache "
                  "INTEGER NOT NULL, repaired INTEGER NOT NULL) STRICT, WITHOUT ROWID",
        .mysql = "CREATE TABLE IF NOT EXISTS receiver_checks (subscription_id VARCHAR(32) NOT NULL "
                 "PRIMARY KEY, checked_at BIGINT NOT NULL, events BIGINT NOT NULL, missing BIGINT "
                 "NOT NULL, older BIGINT NOT NULL, different BIGINT NOT NULL, cache BIGINT NOT "
                 "NULL, repaired BIGINT NOT NULL) "
                 "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        .postgres = "CREATE TABLE IF NOT EXISTS receiver_checks (subscription_id TEXT COLLATE "
                    "\"C\" NOT NULL PRIMARY KEY, checked_at BIGINT NOT NULL, events BIGINT NOT "
                    "NULL, missing BIGINT NOT NULL, older BIGINT NOT NULL, different BIGINT NOT "
                    "NULL, cache BIGINT NOT NULL, repaired BIGINT NOT NULL)",
    },
    Migration{
        .sqlite = "ALTER TABLE receiver_checks ADD COLUMN unreadable INTEGER NOT NULL DEFAULT 0",
        .mysql = "ALTER TABLE receiver_checks ADD COLUMN /*M! IF NOT EXISTS */ unreadable BIGINT "
                 "NOT NULL DEFAULT 0",
        .postgres = "ALTER TABLE receiver_checks ADD COLUMN IF NOT EXISTS unreadable BIGINT NOT "
                    "NULL DEFAULT 0",
    },
};

}  // namespace

Result<void> migrate(sql::Connection& connection) {
  if (Result<void> migrated = run::migrate(connection, "relay", steps); !migrated) return migrated;
  return migrate_views(connection);
}

}  // namespace tidemark::relay
