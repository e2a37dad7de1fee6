import { createHash } from 'node:crypto';

import { answerOfBatch, answerOfOne, NOT_STORED, RefusalError, UnavailableError } from './answer.js';
import { SignatureError, verify, webhookKey } from './signature.js';

const BATCH_EVENTS_MAX = 100;

/** The body is signed but is no event. Answer it with 400: the hub parks it. */
export class EventError extends Error {
  constructor(reason) {
    super(`the body is no event: ${reason}`);
    this.name = 'EventError';
  }
}

/**
 * @typedef {object} TidemarkEvent
 * @property {string} id recognise repeats by it
 * @property {number|null} sequence without gaps per subscription; null if not told
 * @property {string} event its name: l1_confirmed, invoice.recorded
 * @property {object} data the voucher's business_data
 * @property {number} sourceVersion apply only what is newer
 * @property {string} timestamp when the hub accepted it: ISO 8601, UTC
 * @property {number|null} voucherId null for an event without a voucher
 * @property {object|null} voucher the voucher's other fields
 * @property {object|null} source in place of the voucher
 * @property {string} record what the version belongs to, for Inbox.newer
 * @property {string} text the body; JSON.parse makes doubles, here amounts stand as they were written
 */

/** Verifies requests, gives their events, and answers for each of them. */
export class Receiver {
  /**
   * @param {string[]} secrets all that are valid now; during a rotation the new and the old one
   * @param {{toleranceS?: number, accepted?: ('standard'|'raw')[], now?: () => number}} [policy]
   *   `accepted: ['standard']` is safer where the hub signs with a whsec_ secret; `now`: Unix seconds
   */
  constructor(secrets, policy = {}) {
    if (secrets.length === 0 || secrets.some((secret) => secret === '')) {
      throw new TypeError('a receiver needs secrets that are not empty');
    }
    this.secrets = [...secrets];
    this.policy = policy;
    this.now = policy.now ?? (() => Math.floor(Date.now() / 1000));
    const accepted = policy.accepted ?? ['standard', 'raw'];
    // How pulled events are named: by the hub's id, or by what the text style signs. As the last delivery
    // showed; before the first, as the secrets and styles let expect.
    this.pulledByContent = !accepted.includes('standard') || secrets.every((s) => webhookKey(s) === null);
  }

  /**
   * The events of a request: one, or those of a batch. Throws SignatureError (answer 401) or
   * EventError (answer 400), for a batch also if one of its events cannot be read; handle() answers
   * event by event.
   * @param {Record<string, string|undefined>} headers names in lower case
   * @param {Buffer} body the bytes as received
   * @returns {TidemarkEvent[]}
   */
  receive(headers, body) {
    return this.#read(headers, body).items.map(eventOf);
  }

  /**
   * The answer to a request. Calls `take(event)` for each of its events, one after another; it notes and
   * applies that event in a transaction of its own, and what it throws counts for that event alone:
   * RefusalError or EventError, the hub parks it; anything else, the hub sends it again. UnavailableError
   * ends the request: all of it comes again. Never rejects; what went wrong stands in the answer's
   * `failures`, for the log.
   * @param {Record<string, string|undefined>} headers names in lower case
   * @param {Buffer} body the bytes as received
   * @param {(event: TidemarkEvent) => unknown} take its promise is waited for
   * @returns {Promise<import('./answer.js').Answer>}
   */
  async handle(headers, body, take) {
    let request;
    try {
      request = this.#read(headers, body);
    } catch (error) {
      const said = error instanceof SignatureError ? { code: 401, message: error.message } : saidOf(error);
      return answerOfOne(said, [{ id: null, error }]);
    }
    const results = [];
    const failures = [];
    for (const item of request.items) {
      let said = { code: 0, message: 'success' };
      try {
        await take(eventOf(item));
      } catch (error) {
        failures.push({ id: item.id, error });
        said = saidOf(error);
        if (error instanceof UnavailableError) return answerOfOne(said, failures);
      }
      results.push({ id: item.id, ...said });
    }
    return request.batch ? answerOfBatch(results, failures) : answerOfOne(results[0], failures);
  }

  /**
   * The event of an item of Hub.eventsAfter, with the id that its delivery has: that of the hub, or in
   * text style what is made of the body. Which one, the last delivery tells; before the first one,
   * Standard Webhooks are expected where a secret has that form.
   * @returns {TidemarkEvent}
   */
  pulled(item) {
    if (typeof item?.body !== 'string') throw new EventError('the item has no body');
    const id = this.pulledByContent ? contentId(Buffer.from(item.body)) : item.event_id;
    return eventOf({ id, sequence: item.sequence, payload: parse(item.body), text: item.body });
  }

  #read(headers, body) {
    const style = verify(headers, body, this.secrets, this.now(), this.policy);
    const text = body.toString('utf8');
    const payload = parse(text);
    const items = batchOf(payload, text);
    // The ids in a batch are signed with it, whatever the style.
    this.pulledByContent = style === 'raw' && items === null;
    if (items !== null) return { batch: true, items };
    const id = style === 'standard' ? headers['webhook-id'] : contentId(body);
    const number = headers['x-tidemark-sequence'] ?? '';
    const sequence = /^[0-9]{1,15}$/.test(number) ? Number(number) : null;
    return { batch: false, items: [{ id, sequence, payload, text }] };
  }
}

/** What the hub is told. Other errors may show what is nobody's business: a statement, a host, a person. */
function saidOf(error) {
  if (error instanceof EventError) return { code: 400, message: error.message };
  if (error instanceof RefusalError) return { code: 422, message: error.message };
  return { code: 500, message: NOT_STORED };
}

/** Names an event by what is signed, where no id is: nobody can send it again under another name. */
function contentId(body) {
  return `sha256-${createHash('sha256').update(body).digest('hex')}`;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new EventError(error.message);
  }
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isId = (value) => typeof value === 'string' && /^[A-Za-z0-9_-]{1,255}$/.test(value);
const isNumber = (value) => Number.isInteger(value) && value >= 1;
const isScalar = (value) => (typeof value === 'string' && value !== '') || typeof value === 'number';

function need(holds, reason) {
  if (!holds) throw new EventError(reason);
}

/**
 * The items of a batch, in its order; null if the body is none. Throws EventError if its form is wrong as
 * a whole, so that nothing can be said about single events.
 */
function batchOf(payload, text) {
  const events = payload?.events ?? null;
  if (events === null || (payload.event ?? null) !== null) return null;
  need(Array.isArray(events) && events.length >= 1 && events.length <= BATCH_EVENTS_MAX,
    `events must be a list of 1 to ${BATCH_EVENTS_MAX} events`);
  return events.map((item) => {
    need(isObject(item), 'events[] must be an object');
    need(isId(item.id), 'events[].id must be letters, digits, _ and -');
    need((item.sequence ?? null) === null || isNumber(item.sequence), 'events[].sequence must be a whole number');
    need((item.payload ?? null) !== null, 'events[].payload is missing');
    return { id: item.id, sequence: item.sequence, payload: item.payload, text };
  });
}

/** Throws EventError for what no hub sends. */
function eventOf({ id, sequence, payload, text }) {
  need(isId(id), 'the id must be letters, digits, _ and -');
  need(isObject(payload), 'the event must be an object');
  need(typeof payload.event === 'string' && payload.event !== '', 'event must be a text');
  need(isObject(payload.data), 'data must be an object');
  need(isNumber(payload.source_version), 'source_version must be a whole number from 1');
  const of = payload.voucher ?? payload.source;
  need(isObject(of), 'voucher or source must be an object');
  for (const name of ['source_system', 'source_type', 'source_id']) {
    need(isScalar(of[name]), `${name} must be a text or a number`);
  }
  // Two could become one.
  need(typeof of.source_id !== 'number' || Number.isSafeInteger(of.source_id),
    'JavaScript cannot hold source_id: send it as a string');
  return {
    id,
    sequence: sequence ?? null,
    event: payload.event,
    data: payload.data,
    sourceVersion: payload.source_version,
    timestamp: payload.timestamp ?? '',
    voucherId: payload.voucher_id ?? null,
    voucher: payload.voucher ?? null,
    source: payload.source ?? null,
    record: [of.source_system, of.source_type, of.source_id, payload.event].join('/'),
    text,
  };
}
