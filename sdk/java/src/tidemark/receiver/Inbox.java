package tidemark.receiver;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Repeats, old versions and gaps, kept in the receiver's own database, in the transaction of the caller: what
 * is noted here and what the event changes become durable together, or neither does.
 */
public final class Inbox {
  /** Of the receiver's database. */
  public enum Dialect {
    SQLITE, MYSQL, POSTGRES
  }

  /** Runs one statement in the caller's transaction; gives the number of rows that were changed. */
  public interface Execute {
    int run(String sql, Object... arguments) throws SQLException;

    /** On a connection whose auto-commit is off. */
    static Execute on(Connection connection) {
      return (sql, arguments) -> {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
          for (int i = 0; i < arguments.length; i++) statement.setObject(i + 1, arguments[i]);
          return statement.executeUpdate();
        }
      };
    }
  }

  /** The query for the number up to which nothing is missing; its argument is the source. */
  public static final String SEEN = "SELECT sequence FROM tidemark_cursor WHERE source = ?";

  private static final Pattern EVENT_ID = Pattern.compile("[A-Za-z0-9_-]{1,255}");

  private final String source;
  private final Dialect dialect;

  /** {@code source} (1 to 64 characters) names the hub's subscription: one table serves several. */
  public Inbox(String source, Dialect dialect) {
    if (source.isEmpty() || source.length() > 64) {
      throw new IllegalArgumentException("a source has 1 to 64 characters");
    }
    this.source = source;
    this.dialect = dialect;
  }

  /** The statements that make the tables where they are missing. */
  public List<String> tables() {
    boolean mysql = dialect == Dialect.MYSQL;
    String ascii = mysql ? " CHARACTER SET ascii COLLATE ascii_bin" : "";
    String utf8 = mysql ? " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin" : "";
    return List.of("""
        CREATE TABLE IF NOT EXISTS tidemark_received (
          source VARCHAR(64) NOT NULL, event_id VARCHAR(255) NOT NULL,
          received_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
          PRIMARY KEY (source, event_id))""" + ascii, """
        CREATE TABLE IF NOT EXISTS tidemark_version (
          source VARCHAR(64) NOT NULL, record VARCHAR(500) NOT NULL, version BIGINT NOT NULL,
          PRIMARY KEY (source, record))""" + utf8, """
        CREATE TABLE IF NOT EXISTS tidemark_cursor (
          source VARCHAR(64) NOT NULL, sequence BIGINT NOT NULL, PRIMARY KEY (source))""" + utf8);
  }

  /**
   * Notes the event. False if it was there: answer 2xx and do nothing. Waits for another transaction that
   * is noting the same event.
   */
  public boolean firstTime(Execute execute, String eventId) throws SQLException {
    if (!EVENT_ID.matcher(eventId).matches()) { // MySQL would cut it in silence.
      throw new IllegalArgumentException("an event's id has 1 to 255 letters, digits, _ and -");
    }
    String values = "INTO tidemark_received (source, event_id) VALUES (?, ?)";
    String sql = dialect == Dialect.MYSQL ? "INSERT IGNORE " + values
        : "INSERT " + values + " ON CONFLICT DO NOTHING";
    return execute.run(sql, source, eventId) > 0;
  }

  /**
   * Notes the version of a record (Event.record). False if this or a newer one was there: then do not apply
   * the event.
   */
  public boolean newer(Execute execute, String record, long version) throws SQLException {
    if (record.codePointCount(0, record.length()) > 500) {
      throw new IllegalArgumentException("a record has at most 500 characters");
    }
    execute.run("INSERT INTO tidemark_version (source, record, version) VALUES (?, ?, 0)"
        + keep("version"), source, record);
    return execute.run("UPDATE tidemark_version SET version = ? "
        + "WHERE source = ? AND record = ? AND version < ?", version, source, record, version) > 0;
  }

  /**
   * Notes the sequence number of an event that came for the first time. False if it does not follow the last
   * one that was noted: ask for what follows that one (Hub.eventsAfter, SEEN).
   */
  public boolean next(Execute execute, long sequence) throws SQLException {
    ensureCursor(execute);
    return execute.run("UPDATE tidemark_cursor SET sequence = ? WHERE source = ? AND sequence = ?",
        sequence, source, sequence - 1) > 0;
  }

  /** Notes that everything up to {@code nextAfter} was fetched and applied. */
  public void filled(Execute execute, long nextAfter) throws SQLException {
    ensureCursor(execute);
    execute.run("UPDATE tidemark_cursor SET sequence = ? WHERE source = ? AND sequence < ?",
        nextAfter, source, nextAfter);
  }

  private void ensureCursor(Execute execute) throws SQLException {
    execute.run("INSERT INTO tidemark_cursor (source, sequence) VALUES (?, 0)" + keep("sequence"),
        source);
  }

  /**
   * The end of an insert that locks the row if it is there. Not INSERT IGNORE: on MySQL two transactions
   * would then share the lock, and neither could update.
   */
  private String keep(String column) {
    return dialect == Dialect.MYSQL ? " ON DUPLICATE KEY UPDATE " + column + " = " + column
        : " ON CONFLICT DO NOTHING";
  }
}
