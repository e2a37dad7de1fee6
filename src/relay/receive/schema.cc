#include "relay/receive/schema.h"

#include <array>

#include "run/migration.h"

namespace tidemark::receive {
namespace {

using run::Migration;

// Keys are compared byte by byte on every database. Amounts: SQLite's DECIMAL is a double, so text.
constexpr std::array steps = {
    Migration{
        .sqlite = "CREATE TABLE IF NOT EXISTS received_events (source_system TEXT NOT NULL, "
                  "event_id TEXT NOT NULL, received_at TEXT NOT NULL, "
                  "PRIMARY KEY (source_system, event_id)) STRICT, WITHOUT ROWID",
        .mysql = "CREATE TABLE IF NOT EXISTS received_events (source_system VARCHAR(64) NOT NULL, "
                 "event_id VARCHAR(255) NOT NULL, received_at DATETIME(6) NOT NULL, "
                 "PRIMARY KEY (source_system, event_id), "
                 "KEY received_events_age (received_at)) "
                 "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        .postgres = "CREATE TABLE IF NOT EXISTS received_events (source_system TEXT COLLATE \"C\" "
                    "NOT NULL, event_id TEXT COLLATE \"C\" NOT NULL, received_at TIMESTAMP NOT "
                    "NULL, PRIMARY KEY (source_system, event_id))",
    },
    Migration{
        .sqlite = "CREATE INDEX IF NOT EXISTS received_events_age ON received_events (received_at)",
        .mysql = "DO 0",
        .postgres =
            "CREATE INDEX IF NOT EXISTS received_events_age ON received_events (received_at)",
    },
    Migration{
        .sqlite = "CREATE TABLE IF NOT EXISTS received_vouchers (source_system TEXT NOT NULL, "
                  "source_type TEXT NOT NULL, source_id TEXT NOT NULL, event_id TEXT NOT NULL, "
                  "event_type TEXT NOT NULL, voucher_id INTEGER, voucher_no TEXT, "
                  "body TEXT NOT NULL, synced_at TEXT NOT NULL, event_timestamp TEXT NOT NULL, "
                  "source_version INTEGER NOT NULL, "
                  "PRIMARY KEY (source_system, source_type, source_id)) STRICT, WITHOUT ROWID",
        .mysql = "CREATE TABLE IF NOT EXISTS received_vouchers (source_system VARCHAR(64) NOT "
                 "NULL, source_type VARCHAR(64) NOT NULL, source_id VARCHAR(191) NOT NULL, "
                 "event_id VARCHAR(255) NOT NULL, event_type VARCHAR(128) NOT NULL, "
                 "voucher_id BIGINT, voucher_no TEXT, body LONGTEXT NOT NULL, "
                 "synced_at DATETIME(6) NOT NULL, event_timestamp VARCHAR(32) NOT NULL, "
                 "source_version BIGINT NOT NULL, "
                 "PRIMARY KEY (source_system, source_type, source_id)) "
                 "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        .postgres = "CREATE TABLE IF NOT EXISTS received_vouchers (source_system TEXT COLLATE "
                    "\"C\" NOT NULL, source_type TEXT COLLATE \"C\" NOT NULL, "
                    "source_id TEXT COLLATE \"C\" NOT NULL, event_id TEXT NOT NULL, "
                    "event_type TEXT NOT NULL, voucher_id BIGINT, voucher_no TEXT, "
                    "body TEXT NOT NULL, synced_at TIMESTAMP NOT NULL, "
                    "event_timestamp TEXT COLLATE \"C\" NOT NULL, source_version BIGINT NOT NULL, "
                    "PRIMARY KEY (source_system, source_type, source_id))",
    },
    Migration{
        .sqlite = "CREATE TABLE IF NOT EXISTS tax_invoice_cache (id INTEGER PRIMARY KEY, "
                  "invoice_id INTEGER NOT NULL, invoice_no TEXT NOT NULL, amount TEXT, "
                  "currency TEXT, issue_date TEXT, direction TEXT, company_id TEXT, "
                  "counterparty_type TEXT, counterparty_id TEXT, counterparty_name TEXT, "
                  "voucher_id INTEGER, voucher_no TEXT, source_system TEXT NOT NULL, "
                  "source_type TEXT NOT NULL, source_id TEXT NOT NULL, event_type TEXT NOT NULL, "
                  "synced_at TEXT NOT NULL, event_timestamp TEXT NOT NULL, "
                  "source_version INTEGER NOT NULL, UNIQUE (invoice_id, source_system)) STRICT",
        .mysql = "CREATE TABLE IF NOT EXISTS tax_invoice_cache (id BIGINT NOT NULL AUTO_INCREMENT "
                 "PRIMARY KEY, invoice_id BIGINT NOT NULL, invoice_no VARCHAR(191) NOT NULL, "
                 "amount DECIMAL(38,12), currency TEXT, issue_date TEXT, direction TEXT, "
                 "company_id TEXT, counterparty_type TEXT, counterparty_id TEXT, "
                 "counterparty_name TEXT, voucher_id BIGINT, voucher_no TEXT, "
                 "source_system VARCHAR(64) NOT NULL, source_type VARCHAR(64) NOT NULL, "
                 "source_id VARCHAR(191) NOT NULL, event_type VARCHAR(128) NOT NULL, "
                 "synced_at DATETIME(6) NOT NULL, event_timestamp VARCHAR(32) NOT NULL, "
                 "source_version BIGINT NOT NULL, "
                 "UNIQUE KEY tax_invoice_cache_invoice (invoice_id, source_system), "
                 "KEY tax_invoice_cache_no (invoice_no)) "
                 "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        .postgres =
            "CREATE TABLE IF NOT EXISTS tax_invoice_cache (id BIGINT GENERATED ALWAYS AS IDENTITY "
            "PRIMARY KEY, invoice_id BIGINT NOT NULL, invoice_no TEXT NOT NULL, amount NUMERIC, "
            "currency TEXT, issue_date TEXT, direction TEXT, company_id TEXT, "
            "counterparty_type TEXT, counterparty_id TEXT, counterparty_name TEXT, "
            "voucher_id BIGINT, voucher_no TEXT, source_system TEXT COLLATE \"C\" NOT NULL, "
            "source_type TEXT NOT NULL, source_id TEXT NOT NULL, event_type TEXT NOT NULL, "
            "synced_at TIMESTAMP NOT NULL, event_timestamp TEXT COLLATE \"C\" NOT NULL, "
            "source_version BIGINT NOT NULL, UNIQUE (invoice_id, source_system))",
    },
    Migration{
        .sqlite = "CREATE INDEX IF NOT EXISTS tax_invoice_cache_no ON tax_invoice_cache "
                  "(invoice_no)",
        .mysql = "DO 0",
        .postgres = "CREATE INDEX IF NOT EXISTS tax_invoice_cache_no ON tax_invoice_cache "
                    "(invoice_no)",
    },
    // `seen` is a SequenceTrack; the other columns show people what it says.
    Migration{
        .sqlite = "CREATE TABLE IF NOT EXISTS received_sequences (subscription_id TEXT NOT NULL "
                  "PRIMARY KEY, contiguous INTEGER NOT NULL, highest INTEGER NOT NULL, "
                  "missing INTEGER NOT NULL, missing_since TEXT, seen TEXT NOT NULL) "
                  "STRICT, WITHOUT ROWID",
        .mysql = "CREATE TABLE IF NOT EXISTS received_sequences (subscription_id VARCHAR(64) NOT "
                 "NULL PRIMARY KEY, contiguous BIGINT NOT NULL, highest BIGINT NOT NULL, "
                 "missing BIGINT NOT NULL, missing_since DATETIME(6), seen MEDIUMTEXT NOT NULL) "
                 "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        .postgres = "CREATE TABLE IF NOT EXISTS received_sequences (subscription_id TEXT COLLATE "
                    "\"C\" NOT NULL PRIMARY KEY, contiguous BIGINT NOT NULL, highest BIGINT NOT "
                    "NULL, missing BIGINT NOT NULL, missing_since TIMESTAMP, seen TEXT NOT NULL)",
    },
};

}  // namespace

Result<void> migrate(sql::Connection& connection) {
  return run::migrate(connection, "receive", steps);
}

}  // namespace tidemark::receive
