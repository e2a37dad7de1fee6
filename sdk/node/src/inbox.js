const DIALECTS = ['sqlite', 'mysql', 'postgres'];

/**
 * Repeats, old versions and gaps, kept in the receiver's own database, in the transaction of the caller:
 * what is noted here and what the event changes become durable together, or neither does.
 *
 * `execute(sql, args)` runs one statement in that transaction and resolves to the number of rows that
 * were changed: `async (sql, args) => (await client.query(sql, args)).rowCount` with pg,
 * `async (sql, args) => (await connection.execute(sql, args))[0].affectedRows` with mysql2.
 */
export class Inbox {
  /**
   * @param {string} source names the hub's subscription, so that one table serves several
   * @param {'sqlite'|'mysql'|'postgres'} dialect
   */
  constructor(source, dialect) {
    if (!DIALECTS.includes(dialect)) throw new TypeError(`unknown dialect ${dialect}`);
    if (source.length < 1 || source.length > 64) throw new TypeError('a source has 1 to 64 characters');
    this.source = source;
    this.dialect = dialect;
  }

  /** The statements that make the tables where they are missing. */
  tables() {
    const mysql = this.dialect === 'mysql';
    const ascii = mysql ? ' CHARACTER SET ascii COLLATE ascii_bin' : '';
    const utf8 = mysql ? ' CHARACTER SET utf8mb4 COLLATE utf8mb4_bin' : '';
    return [
      `CREATE TABLE IF NOT EXISTS tidemark_received (
  source VARCHAR(64) NOT NULL, event_id VARCHAR(255) NOT NULL,
  received_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (source, event_id))${ascii}`,
      `CREATE TABLE IF NOT EXISTS tidemark_version (
  source VARCHAR(64) NOT NULL, record VARCHAR(500) NOT NULL, version BIGINT NOT NULL,
  PRIMARY KEY (source, record))${utf8}`,
      `CREATE TABLE IF NOT EXISTS tidemark_cursor (
  source VARCHAR(64) NOT NULL, sequence BIGINT NOT NULL, PRIMARY KEY (source))${utf8}`,
    ];
  }

  /**
   * Notes the event. False if it was there: answer 2xx and do nothing. Waits for another transaction
   * that is noting the same event.
   */
  async firstTime(execute, eventId) {
    if (!/^[A-Za-z0-9_-]{1,255}$/.test(eventId)) { // MySQL would cut it in silence.
      throw new RangeError("an event's id has 1 to 255 letters, digits, _ and -");
    }
    const [ignore, end] = this.dialect === 'mysql' ? ['IGNORE ', ''] : ['', ' ON CONFLICT DO NOTHING'];
    return this.#run(execute, `INSERT ${ignore}INTO tidemark_received (source, event_id) VALUES (?, ?)${end}`,
      this.source, eventId);
  }

  /**
   * Notes the version of a record (event.record). False if this or a newer one was there: then do not
   * apply the event.
   */
  async newer(execute, record, version) {
    if ([...record].length > 500) throw new RangeError('a record has at most 500 characters');
    await this.#run(execute, 'INSERT INTO tidemark_version (source, record, version) VALUES (?, ?, 0)' +
      this.#keep('version'), this.source, record);
    return this.#run(execute, 'UPDATE tidemark_version SET version = ? ' +
      'WHERE source = ? AND record = ? AND version < ?', version, this.source, record, version);
  }

  /**
   * Notes the sequence number of an event that came for the first time. False if it does not follow the
   * last one that was noted: ask for what follows that one (Hub.eventsAfter, seen()).
   */
  async next(execute, sequence) {
    await this.#ensureCursor(execute);
    return this.#run(execute, 'UPDATE tidemark_cursor SET sequence = ? WHERE source = ? AND sequence = ?',
      sequence, this.source, sequence - 1);
  }

  /** The query for the number up to which nothing is missing: { sql, args }. */
  seen() {
    return {
      sql: this.#numbered('SELECT sequence FROM tidemark_cursor WHERE source = ?'),
      args: [this.source],
    };
  }

  /** Notes that everything up to `nextAfter` was fetched and applied. */
  async filled(execute, nextAfter) {
    await this.#ensureCursor(execute);
    await this.#run(execute, 'UPDATE tidemark_cursor SET sequence = ? WHERE source = ? AND sequence < ?',
      nextAfter, this.source, nextAfter);
  }

  #ensureCursor(execute) {
    return this.#run(execute, 'INSERT INTO tidemark_cursor (source, sequence) VALUES (?, 0)' +
      this.#keep('sequence'), this.source);
  }

  /**
   * The end of an insert that locks the row if it is there. Not INSERT IGNORE: on MySQL two transactions
   * would then share the lock, and neither could update.
   */
  #keep(column) {
    return this.dialect === 'mysql' ? ` ON DUPLICATE KEY UPDATE ${column} = ${column}` :
      ' ON CONFLICT DO NOTHING';
  }

  async #run(execute, sql, ...args) {
    return (await execute(this.#numbered(sql), args)) > 0;
  }

  /** Writes the holes as the dialect does: $1, $2, … for PostgreSQL. */
  #numbered(sql) {
    let hole = 0;
    return this.dialect === 'postgres' ? sql.replaceAll('?', () => `$${++hole}`) : sql;
  }
}
