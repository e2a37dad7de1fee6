/**
 * The hub reads 64 KiB of an answer, and a batch has up to 100 events. One that is cut off says nothing
 * about any event, and all of them would come again.
 */
const MESSAGE_CHARACTERS_MAX = 120;
export const NOT_STORED = 'the event could not be stored';

/**
 * Throw it in `take`: this event will never be taken. The hub parks it (422) and shows the words (the
 * first 120 characters) to a person; the other events of a batch are not touched.
 */
export class RefusalError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = 'RefusalError';
  }
}

/**
 * Throw it in `take`: nothing can be taken now, for instance because the database is away. No further
 * event is tried; the hub sends all of them again, and slows down when this goes on.
 */
export class UnavailableError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = 'UnavailableError';
  }
}

/**
 * @typedef {object} Failure what did not succeed, for the receiver's log
 * @property {string|null} id of the event; null: the request as a whole
 * @property {unknown} error
 */

/**
 * @typedef {object} Answer send it as it stands, as application/json
 * @property {number} status of HTTP
 * @property {string} body
 * @property {Failure[]} failures for the log; the hub does not see the errors of `take`
 */

/** {"code","message"}, with the status of the same meaning. @returns {Answer} */
export function answerOfOne({ code, message }, failures) {
  return { status: code === 0 ? 200 : code, body: JSON.stringify({ code, message: clean(message) }), failures };
}

/** {"code","message","results":[{"id","code","message"}]}: docs/wire/schema/batch-answer.json. @returns {Answer} */
export function answerOfBatch(results, failures) {
  const listed = results.map(({ id, code, message }) => ({ id, code, message: clean(message) }));
  return { status: 200, body: JSON.stringify({ code: 0, message: 'success', results: listed }), failures };
}

/** Without control characters and halves of pairs: the hub reads no answer that has the latter. */
function clean(message) {
  const cut = [...String(message)].slice(0, MESSAGE_CHARACTERS_MAX).join('');
  return cut.replace(/[\u0000-\u001f\u007f]|\p{Surrogate}/gu, ' ');
}
