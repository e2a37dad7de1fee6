/** Receives deliveries of a Tidemark hub. No dependencies. See README.md. */
export { SignatureError, verify, webhookKey } from './signature.js';
export { RefusalError, UnavailableError } from './answer.js';
export { EventError, Receiver } from './receiver.js';
export { Inbox } from './inbox.js';
export { Hub, HubError } from './hub.js';
