import { createHash } from 'node:crypto';

import { verify, webhookKey } from './signature.js';

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

/** Verifies requests and gives their events. */
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
  }

  /**
   * The events of a request: one, or those of a batch. Throws SignatureError (answer 401) or
   * EventError (answer 400).
   * @param {Record<string, string|undefined>} headers names in lower case
   * @param {Buffer} body the bytes as received
   * @returns {TidemarkEvent[]}
   */
  receive(headers, body) {
    const style = verify(headers, body, this.secrets, this.now(), this.policy);
    const text = body.toString('utf8');
    const payload = parse(text);
    if (Array.isArray(payload?.events)) {
      return payload.events.map((item) => eventOf(item?.id, item?.sequence, item?.payload, text));
    }
    const id = style === 'standard' ? headers['webhook-id'] : contentId(body);
    const sequence = headers['x-tidemark-sequence'] ?? '';
    return [eventOf(id, /^[0-9]{1,15}$/.test(sequence) ? Number(sequence) : null, payload, text)];
  }

  /**
   * The event of an item of Hub.eventsAfter, with the id that its delivery has.
   * @returns {TidemarkEvent}
   */
  pulled(item) {
    if (typeof item?.body !== 'string') throw new EventError('the item has no body');
    const accepted = this.policy.accepted ?? ['standard', 'raw'];
    const named = accepted.includes('standard') && this.secrets.some((s) => webhookKey(s) !== null);
    const id = named ? item.event_id : contentId(Buffer.from(item.body));
    return eventOf(id, item.sequence, parse(item.body), item.body);
  }
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

function eventOf(id, sequence, payload, text) {
  const isObject = (value) => typeof value === 'object' && value !== null;
  if (typeof id !== 'string' || id === '' || !isObject(payload) || typeof payload.event !== 'string' ||
      !isObject(payload.data) || !Number.isInteger(payload.source_version)) {
    throw new EventError('a field is missing');
  }
  const of = payload.voucher ?? payload.source ?? {};
  if (typeof of.source_id === 'number' && !Number.isSafeInteger(of.source_id)) {
    throw new EventError('JavaScript cannot hold source_id: send it as a string'); // Two could become one.
  }
  return {
    id,
    sequence: sequence ?? null,
    event: payload.event,
    data: payload.data,
    sourceVersion: payload.source_version,
    timestamp: payload.timestamp,
    voucherId: payload.voucher_id ?? null,
    voucher: payload.voucher ?? null,
    source: payload.source ?? null,
    record: [of.source_system, of.source_type, of.source_id, payload.event].join('/'),
    text,
  };
}
