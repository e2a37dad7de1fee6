package tidemark

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Dialect of the receiver's database.
type Dialect string

const (
	SQLite   Dialect = "sqlite"
	MySQL    Dialect = "mysql"
	Postgres Dialect = "postgres"
)

const recordLengthMax = 500

var eventIDForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)

// Tx is what the Inbox needs of a transaction; *sql.Tx is one.
type Tx interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// Inbox keeps repeats, old versions and gaps in the receiver's own database, in the transaction of the
// caller: what is noted here and what the event changes become durable together, or neither does.
// Source (1 to 64 characters) names the hub's subscription, so that one table serves several.
type Inbox struct {
	Source  string
	Dialect Dialect
}

// Tables are the statements that make the tables where they are missing.
func (i Inbox) Tables() []string {
	ascii, utf8 := "", ""
	if i.Dialect == MySQL {
		ascii = " CHARACTER SET ascii COLLATE ascii_bin"
		utf8 = " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
	}
	return []string{
		`CREATE TABLE IF NOT EXISTS tidemark_received (
  source VARCHAR(64) NOT NULL, event_id VARCHAR(255) NOT NULL,
  received_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (source, event_id))` + ascii,
		`CREATE TABLE IF NOT EXISTS tidemark_version (
  source VARCHAR(64) NOT NULL, record VARCHAR(500) NOT NULL, version BIGINT NOT NULL,
  PRIMARY KEY (source, record))` + utf8,
		`CREATE TABLE IF NOT EXISTS tidemark_cursor (
  source VARCHAR(64) NOT NULL, sequence BIGINT NOT NULL, PRIMARY KEY (source))` + utf8,
	}
}

// FirstTime notes the event. False if it was there: answer 2xx and do nothing. Waits for another
// transaction that is noting the same event.
func (i Inbox) FirstTime(ctx context.Context, tx Tx, eventID string) (bool, error) {
	if !eventIDForm.MatchString(eventID) { // MySQL would cut it in silence.
		return false, fmt.Errorf("an event's id has 1 to 255 letters, digits, _ and -: %.40q", eventID)
	}
	statement := "INSERT INTO tidemark_received (source, event_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
	if i.Dialect == MySQL {
		statement = "INSERT IGNORE INTO tidemark_received (source, event_id) VALUES (?, ?)"
	}
	return i.run(ctx, tx, statement, i.Source, eventID)
}

// Newer notes the version of a record (Event.Record). False if this or a newer one was there: then do
// not apply the event.
func (i Inbox) Newer(ctx context.Context, tx Tx, record string, version int64) (bool, error) {
	if utf8.RuneCountInString(record) > recordLengthMax {
		return false, fmt.Errorf("a record has at most %d characters", recordLengthMax)
	}
	insert := "INSERT INTO tidemark_version (source, record, version) VALUES (?, ?, 0)" + i.keep("version")
	if _, err := i.run(ctx, tx, insert, i.Source, record); err != nil {
		return false, err
	}
	return i.run(ctx, tx, "UPDATE tidemark_version SET version = ? WHERE source = ? AND record = ? AND version < ?",
		version, i.Source, record, version)
}

// Next notes the sequence number of an event that came for the first time. False if it does not follow
// the last one that was noted: ask for what follows that one (Hub.EventsAfter, Inbox.Seen).
func (i Inbox) Next(ctx context.Context, tx Tx, sequence int64) (bool, error) {
	if err := i.ensureCursor(ctx, tx); err != nil {
		return false, err
	}
	return i.run(ctx, tx, "UPDATE tidemark_cursor SET sequence = ? WHERE source = ? AND sequence = ?",
		sequence, i.Source, sequence-1)
}

// Seen is the query for the number up to which nothing is missing, and its arguments.
func (i Inbox) Seen() (query string, args []any) {
	return i.numbered("SELECT sequence FROM tidemark_cursor WHERE source = ?"), []any{i.Source}
}

// Filled notes that everything up to nextAfter was fetched and applied.
func (i Inbox) Filled(ctx context.Context, tx Tx, nextAfter int64) error {
	if err := i.ensureCursor(ctx, tx); err != nil {
		return err
	}
	_, err := i.run(ctx, tx, "UPDATE tidemark_cursor SET sequence = ? WHERE source = ? AND sequence < ?",
		nextAfter, i.Source, nextAfter)
	return err
}

func (i Inbox) ensureCursor(ctx context.Context, tx Tx) error {
	_, err := i.run(ctx, tx, "INSERT INTO tidemark_cursor (source, sequence) VALUES (?, 0)"+i.keep("sequence"), i.Source)
	return err
}

// keep is the end of an insert that locks the row if it is there. Not INSERT IGNORE: on MySQL two
// transactions would then share the lock, and neither could update.
func (i Inbox) keep(column string) string {
	if i.Dialect == MySQL {
		return " ON DUPLICATE KEY UPDATE " + column + " = " + column
	}
	return " ON CONFLICT DO NOTHING"
}

// run says whether a row was changed.
func (i Inbox) run(ctx context.Context, tx Tx, statement string, args ...any) (bool, error) {
	result, err := tx.ExecContext(ctx, i.numbered(statement), args...)
	if err != nil {
		return false, err
	}
	rows, err := result.RowsAffected()
	return rows > 0, err
}

// numbered writes the holes as the dialect does: $1, $2, … for PostgreSQL.
func (i Inbox) numbered(statement string) string {
	if i.Dialect != Postgres {
		return statement
	}
	parts := strings.Split(statement, "?")
	for n := 1; n < len(parts); n++ {
		parts[n] = fmt.Sprintf("$%d", n) + parts[n]
	}
	return strings.Join(parts, "")
}
