import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import test from 'node:test';

import {
  EventError, Hub, HubError, Receiver, RefusalError, SignatureError, UnavailableError, verify, webhookKey,
} from '../src/index.js';

const wire = (name) => JSON.parse(readFileSync(new URL(`../../../docs/wire/${name}`, import.meta.url), 'utf8'));
const vectors = wire('vectors.json');
const receiving = wire('receiving.json');
const signed = (name) => vectors.sign.find((vector) => vector.name === name);
const receiverOf = (vector) => new Receiver(vector.secrets, { now: () => vector.timestamp });

test('keys', () => {
  assert.ok(vectors.webhook_keys.length > 0);
  for (const vector of vectors.webhook_keys) {
    assert.equal(webhookKey(vector.secret)?.toString('hex') ?? null, vector.key_hex, vector.secret);
  }
});

test('verifying', () => {
  assert.ok(vectors.verify.length > 0);
  for (const vector of vectors.verify) {
    // This kit verifies what is signed over the body's bytes.
    const wanted = vector.verdict === 'sorted-json' ? 'mismatch' : vector.verdict;
    let verdict;
    try {
      verdict = verify(vector.headers, Buffer.from(vector.body), vector.secrets, vector.now,
        { toleranceS: vector.tolerance_s, accepted: vector.accepted });
    } catch (error) {
      assert.ok(error instanceof SignatureError, error);
      verdict = error.fault;
    }
    assert.equal(verdict, wanted, vector.name);
  }
});

test('the event of a delivery', () => {
  const vector = signed('the event of the examples');
  const headers = { ...vector.headers, 'x-tidemark-sequence': '41' };
  const [event, ...others] = receiverOf(vector).receive(headers, Buffer.from(vector.body));
  assert.deepEqual(others, []);
  assert.deepEqual([event.id, event.sequence, event.event, event.voucherId, event.sourceVersion],
    [vector.id, 41, 'l1_confirmed', 1001, 1]);
  assert.equal(event.record, 'settlement/purchase_goods/12345/l1_confirmed');
  assert.equal(event.voucher.counterparty_name, '上海示例公司');
  assert.match(event.text, /"amount":100000\.00/);
});

test('the events of a batch', () => {
  const vector = signed('the batch of the examples');
  const events = receiverOf(vector).receive(vector.headers, Buffer.from(vector.body));
  assert.deepEqual(events.map((event) => event.sequence), [41, 42]);
  assert.equal(events[1].record, 'settlement/supplier/88/supplier.changed');
});

test('the text style names an event by what is signed', () => {
  const vector = signed('secret of people');
  const receiver = receiverOf(vector);
  const headers = { ...vector.headers, 'webhook-id': 'msg_other' };
  const [event] = receiver.receive(headers, Buffer.from(vector.body));
  assert.match(event.id, /^sha256-[0-9a-f]{64}$/);
  assert.equal(receiver.pulled({ sequence: 41, event_id: 'msg_1', body: vector.body }).id, event.id);
});

test('signed nonsense', () => {
  const vector = signed('secret of people');
  for (const body of ['', '1', '[]', 'null', '{}', '{"event":"a"}', '{"events":[1]}', '{"events":[{"id":"a"}]}',
    '{"event":"a","data":{},"source_version":1,"source":{"source_id":9007199254740993}}']) {
    const mac = createHmac('sha256', vector.secrets[0]).update(body).digest('hex');
    assert.throws(() => receiverOf(vector).receive({ ...vector.headers, 'x-signature': `sha256:${mac}` },
      Buffer.from(body)), EventError, body);
  }
});

test('answers', async () => {
  assert.ok(receiving.requests.length > 0);
  for (const vector of receiving.requests) {
    const taken = [];
    const take = async (event) => {
      taken.push(event.id);
      if (event.id in vector.refuses) throw new RefusalError(vector.refuses[event.id]);
      if (vector.fails.includes(event.id)) throw new TypeError('a column');
      if (vector.unavailable.includes(event.id)) throw new UnavailableError('the database');
    };
    const receiver = new Receiver(vector.secrets, { now: () => vector.now });
    const { status, body, failures } = await receiver.handle(vector.headers, Buffer.from(vector.body), take);
    const given = JSON.parse(body);
    const wanted = structuredClone(vector.answer);
    const parts = [[given, wanted], ...(wanted.results ?? []).map((result, i) => [given.results[i], result])];
    for (const [one, other] of parts) {
      if (other.message !== null) continue; // Each receiver has its own words.
      assert.match(one.message, /./, vector.name);
      other.message = one.message;
    }
    assert.deepEqual([status, taken, given], [vector.status, vector.taken, wanted], vector.name);
    if (wanted.results) {
      assert.deepEqual(failures.map((failure) => failure.id),
        wanted.results.filter((result) => result.code !== 0).map((result) => result.id), vector.name);
    } else {
      assert.equal(failures.length, status === 200 ? 0 : 1, vector.name);
    }
  }
});

test('the errors of take stay here', async () => {
  const vector = signed('the event of the examples');
  const error = new Error('INSERT INTO salaries');
  const answer = await receiverOf(vector).handle(vector.headers, Buffer.from(vector.body), () => { throw error; });
  assert.doesNotMatch(answer.body, /salaries/);
  assert.deepEqual(answer.failures, [{ id: vector.id, error }]);
  const half = await receiverOf(vector).handle(vector.headers, Buffer.from(vector.body),
    () => Promise.reject(new RefusalError('\ud83dx')));
  assert.equal(half.body, '{"code":422,"message":" x"}', 'the hub reads no half of a pair');
});

test('a pulled event has the id of its delivery', () => {
  assert.ok(receiving.pulled.length > 0);
  for (const vector of receiving.pulled.filter(({ style }) => style === 'raw')) {
    const receiver = new Receiver(vector.secrets, { now: () => vector.now });
    for (const { headers, body } of vector.deliveries) receiver.receive(headers, Buffer.from(body));
    assert.equal(receiver.pulled(vector.item).id, vector.id, vector.name);
  }
});

test('no receiver without secrets', () => {
  for (const secrets of [[], [''], ['a', '']]) assert.throws(() => new Receiver(secrets), TypeError);
});

/** Runs `work(url, asked)` against a hub that answers so. */
async function withHub(status, body, work) {
  const asked = [];
  const server = createServer((request, response) => {
    asked.push([request.url, request.headers.authorization]);
    response.writeHead(status, { location: '/elsewhere', connection: 'close' }).end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work(`http://127.0.0.1:${server.address().port}`, asked);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

test('the hub gives what is missing', () =>
  withHub(200, '{"data":[{"sequence":42}],"next_after":42,"has_more":false}', async (url, asked) => {
    const page = await new Hub(`${url}/`, 't0k').eventsAfter('7/x', 41);
    assert.deepEqual(page, { items: [{ sequence: 42 }], nextAfter: 42, hasMore: false });
    assert.deepEqual(asked, [['/api/v1/subscriptions/7%2Fx/events?after=41', 'Bearer t0k']]);
  }));

test('hubs that answer otherwise', async () => {
  for (const [status, body] of [[401, '{}'], [503, ''], [302, ''], [200, '<html>'], [200, '[]'], [200, 'null'],
    [200, '{}'], [200, '{"data":[],"next_after":41,"has_more":true}'],
    [200, '{"data":[],"next_after":40,"has_more":false}']]) {
    await withHub(status, body, async (url, asked) => {
      await assert.rejects(new Hub(url, 't0k').eventsAfter(7, 41), HubError);
      assert.equal(asked.length, 1);
    });
  }
  await assert.rejects(new Hub('http://127.0.0.1:1', 't0k').eventsAfter(7, 41), HubError);
});
