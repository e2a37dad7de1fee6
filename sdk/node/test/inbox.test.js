import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import test from 'node:test';

import { Inbox, Receiver } from '../src/index.js';

const address = process.env.TIDEMARK_SQL_BRIDGE;

/** Statements run on a real database at the other end: tests/sdk_test.py. Node has no driver of its own. */
test('inbox', { skip: address ? false : 'TIDEMARK_SQL_BRIDGE names no database; tests/sdk_test.py does' },
  async () => {
    const [host, port] = address.split(':');
    const socket = connect(Number(port), host);
    const answers = createInterface({ input: socket })[Symbol.asyncIterator]();
    const execute = async (sql, args = []) => {
      socket.write(`${JSON.stringify({ sql, args })}\n`);
      return JSON.parse((await answers.next()).value).rows;
    };
    const inbox = new Inbox('settlement', process.env.TIDEMARK_SQL_DIALECT);
    const inTurn = async (values, work) => {
      const given = [];
      for (const value of values) given.push(await work(value));
      return given;
    };
    try {
      await inTurn([...inbox.tables(), ...inbox.tables()], (sql) => execute(sql));
      assert.deepEqual(await inTurn(['msg_a', 'msg_a', 'MSG_A'], (id) => inbox.firstTime(execute, id)),
        [true, false, true]);
      assert.deepEqual(await inTurn([2, 1, 2, 5, 3, 6], (v) => inbox.newer(execute, 's/t/上海/e', v)),
        [true, false, false, true, false, true]);
      assert.deepEqual(await inTurn([1, 2, 5, 2, 3], (n) => inbox.next(execute, n)),
        [true, true, false, false, true]);
      await inbox.filled(execute, 7);
      assert.equal(await inbox.next(execute, 8), true);
      await batch(inbox, execute);
      for (const bad of ['', 'a b', 'é', 'a'.repeat(256)]) {
        await assert.rejects(inbox.firstTime(execute, bad), RangeError);
      }
      await assert.rejects(inbox.newer(execute, 'x'.repeat(501), 1), RangeError);
    } finally {
      socket.end();
    }
  });

/** Each event of a batch has a transaction of its own: what fails leaves nothing, and comes again. */
async function batch(inbox, execute) {
  const { requests } = JSON.parse(readFileSync(new URL('../../../docs/wire/receiving.json', import.meta.url), 'utf8'));
  const vector = requests.find(({ name }) => name.startsWith('one is refused, '));
  const receiver = new Receiver(vector.secrets, { now: () => vector.now });
  const handle = async (fails) => {
    const first = [];
    const answer = await receiver.handle(vector.headers, Buffer.from(vector.body), async (event) => {
      await execute('BEGIN');
      const isFirst = await inbox.firstTime(execute, event.id);
      if (fails.includes(event.id)) {
        await execute('ROLLBACK');
        throw new Error('failed');
      }
      await execute('COMMIT');
      if (isFirst) first.push(event.id);
    });
    return [JSON.parse(answer.body).results.map(({ code }) => code), first];
  };
  const [one, two, three] = vector.taken;
  assert.deepEqual(await handle([one, two]), [[500, 500, 0], [three]]);
  assert.deepEqual(await handle([]), [[0, 0, 0], [one, two]]);
}

test('dialects', () => {
  assert.throws(() => new Inbox('s', 'oracle'), TypeError);
  assert.throws(() => new Inbox('', 'sqlite'), TypeError);
  assert.deepEqual(new Inbox('s', 'postgres').seen(),
    { sql: 'SELECT sequence FROM tidemark_cursor WHERE source = $1', args: ['s'] });
});
