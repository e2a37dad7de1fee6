"""Repeats, old versions and gaps, kept in the receiver's own database."""

import re

SOURCE_LENGTH_MAX = 64
RECORD_LENGTH_MAX = 500

TABLES = (
    """CREATE TABLE IF NOT EXISTS tidemark_received (
  source VARCHAR(64) NOT NULL, event_id VARCHAR(255) NOT NULL,
  received_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (source, event_id))""",
    """CREATE TABLE IF NOT EXISTS tidemark_version (
  source VARCHAR(64) NOT NULL, record VARCHAR(500) NOT NULL, version BIGINT NOT NULL,
  PRIMARY KEY (source, record))""",
    """CREATE TABLE IF NOT EXISTS tidemark_cursor (
  source VARCHAR(64) NOT NULL, sequence BIGINT NOT NULL, PRIMARY KEY (source))""",
)


class Inbox:
    """Statements for the caller's cursor, in the caller's transaction: what is noted here and what
    the event changes become durable together, or neither does.

    `source` names the hub's subscription, so that one table serves several. `dialect` is sqlite,
    mysql or postgres. The methods raise ValueError for what does not fit into the tables (MySQL would
    cut it in silence) and pass on what the database raises. PostgreSQL and MySQL: at READ COMMITTED
    or REPEATABLE READ alike."""

    def __init__(self, source, dialect):
        if dialect not in ("sqlite", "mysql", "postgres"):
            raise ValueError(f"unknown dialect {dialect!r}")
        if not 0 < len(source) <= SOURCE_LENGTH_MAX:
            raise ValueError("a source has 1 to 64 characters")
        self.source = source
        self.dialect = dialect

    def create(self, cursor):
        """Makes the three tables where they are missing. Outside of any transaction: MySQL commits."""
        for table in TABLES:
            binary = " CHARACTER SET ascii COLLATE ascii_bin" if "received" in table else \
                " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
            cursor.execute(table + (binary if self.dialect == "mysql" else ""))

    def first_time(self, cursor, event_id):
        """Notes the event. False if it was there: answer 2xx and do nothing. Waits for another
        transaction that is noting the same event."""
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", event_id):
            raise ValueError("an event's id has 1 to 255 letters, digits, _ and -")
        ignore, suffix = (("IGNORE ", "") if self.dialect == "mysql" else
                          ("", " ON CONFLICT DO NOTHING"))
        return self._run(cursor, f"INSERT {ignore}INTO tidemark_received (source, event_id) "
                         f"VALUES (?, ?){suffix}", self.source, event_id) > 0

    def newer(self, cursor, record, version):
        """Notes the version of a record (Event.record). False if this or a newer one was there:
        then do not apply the event."""
        if len(record) > RECORD_LENGTH_MAX:
            raise ValueError("a record has at most 500 characters")
        self._ensure(cursor, "tidemark_version (source, record, version) VALUES (?, ?, 0)",
                     "version", record)
        return self._run(cursor, "UPDATE tidemark_version SET version = ? "
                         "WHERE source = ? AND record = ? AND version < ?",
                         version, self.source, record, version) > 0

    def gap(self, cursor, sequence):
        """Notes the sequence number of an event that came for the first time. None if nothing is
        missing; else the number after which to ask (Hub.events_after), and nothing is noted."""
        self._ensure_cursor(cursor)
        if self._run(cursor, "UPDATE tidemark_cursor SET sequence = ? "
                     "WHERE source = ? AND sequence = ?", sequence, self.source, sequence - 1):
            return None
        self._run(cursor, "SELECT sequence FROM tidemark_cursor WHERE source = ?", self.source)
        seen = cursor.fetchone()[0]
        return seen if sequence > seen else None

    def filled(self, cursor, next_after):
        """Notes that everything up to `next_after` was fetched and applied."""
        self._ensure_cursor(cursor)
        self._run(cursor, "UPDATE tidemark_cursor SET sequence = ? "
                  "WHERE source = ? AND sequence < ?", next_after, self.source, next_after)

    def _ensure_cursor(self, cursor):
        self._ensure(cursor, "tidemark_cursor (source, sequence) VALUES (?, 0)", "sequence")

    def _ensure(self, cursor, row, column, *values):
        """Inserts the row if it is missing and locks it. Not INSERT IGNORE: on MySQL two
        transactions would then share the lock, and neither could update."""
        keep = (f" ON DUPLICATE KEY UPDATE {column} = {column}" if self.dialect == "mysql" else
                " ON CONFLICT DO NOTHING")
        self._run(cursor, f"INSERT INTO {row}{keep}", self.source, *values)

    def _run(self, cursor, statement, *values):
        hole = "?" if self.dialect == "sqlite" else "%s"
        cursor.execute(statement.replace("?", hole), values)
        return cursor.rowcount
