/** Both signature styles of a delivery. The rules stand in docs/wire/README.md. */
import { createHmac, timingSafeEqual } from 'node:crypto';

export const TOLERANCE_S = 300;
const SIGNATURES_MAX = 8;

/** The request is not to be believed. Answer it with 401. */
export class SignatureError extends Error {
  /** @param {'missing_header'|'malformed'|'too_old'|'too_new'|'mismatch'} fault */
  constructor(fault) {
    super(`signature refused: ${fault}`);
    this.name = 'SignatureError';
    this.fault = fault;
  }
}

/**
 * Checks a request against all secrets that are valid now.
 * @param {Record<string, string|undefined>} headers names in lower case, as `request.headers` has them
 * @param {Buffer} body the bytes as received, before anything parsed them
 * @param {string[]} secrets
 * @param {number} now Unix seconds
 * @param {{toleranceS?: number, accepted?: ('standard'|'raw')[]}} [policy]
 * @returns {'standard'|'raw'} the style; throws SignatureError
 */
export function verify(headers, body, secrets, now, policy = {}) {
  const { toleranceS = TOLERANCE_S, accepted = ['standard', 'raw'] } = policy;
  const standard = [headers['webhook-id'], headers['webhook-timestamp'], headers['webhook-signature']];
  if (accepted.includes('standard') && standard.some((value) => value !== undefined)) {
    const keys = secrets.map(webhookKey).filter((key) => key !== null);
    if (keys.length > 0) {
      verifyStandard(...standard, body, keys, now, toleranceS);
      return 'standard';
    }
  }
  if (!accepted.includes('raw')) throw new SignatureError('missing_header');
  verifyText(headers['x-signature'], headers['x-timestamp'], body, secrets, now, toleranceS);
  return 'raw';
}

/**
 * The key in a secret of Standard Webhooks; null for a secret of another form.
 * @param {string} secret
 */
export function webhookKey(secret) {
  const key = strictBase64(secret.startsWith('whsec_') ? secret.slice(6) : secret);
  return key !== null && key.length >= 24 && key.length <= 64 ? key : null;
}

function verifyStandard(id, timestamp, list, body, keys, now, toleranceS) {
  if (id === undefined || timestamp === undefined || list === undefined) {
    throw new SignatureError('missing_header');
  }
  if (id === '' || id.includes('.')) throw new SignatureError('malformed');
  checkTime(timestamp, now, toleranceS);
  const macs = list
    .split(' ')
    .filter((entry) => entry.startsWith('v1,'))
    .slice(0, SIGNATURES_MAX)
    .map((entry) => strictBase64(entry.slice(3)));
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  for (const key of keys) {
    const expected = macOf(key, signed);
    if (macs.some((mac) => equal(mac, expected))) return;
  }
  throw new SignatureError('mismatch');
}

function verifyText(signature, timestamp, body, secrets, now, toleranceS) {
  if (signature === undefined || timestamp === undefined) throw new SignatureError('missing_header');
  checkTime(timestamp, now, toleranceS);
  if (!/^sha256:[0-9a-fA-F]{64}$/.test(signature)) throw new SignatureError('malformed');
  const mac = Buffer.from(signature.slice(7), 'hex');
  if (!secrets.some((secret) => secret !== '' && equal(mac, macOf(Buffer.from(secret), body)))) {
    throw new SignatureError('mismatch');
  }
}

function checkTime(text, now, toleranceS) {
  if (!/^(0|[1-9][0-9]{0,11})$/.test(text)) throw new SignatureError('malformed');
  if (now - Number(text) > toleranceS) throw new SignatureError('too_old');
  if (Number(text) - now > toleranceS) throw new SignatureError('too_new');
}

function macOf(key, message) {
  return createHmac('sha256', key).update(message).digest();
}

function equal(mac, expected) {
  return mac !== null && mac.length === expected.length && timingSafeEqual(mac, expected);
}

/** The one text of each sequence of bytes, and no other: Buffer.from would take anything. */
function strictBase64(text) {
  const data = Buffer.from(text, 'base64');
  return data.toString('base64') === text ? data : null;
}
