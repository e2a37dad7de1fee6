const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/** The hub did not answer as it should. Try again later; nothing has moved. */
export class HubError extends Error {
  constructor(url, reason) {
    super(`GET ${url}: ${reason}`);
    this.name = 'HubError';
  }
}

/** Fetches from the hub what did not arrive. */
export class Hub {
  /**
   * @param {string} url like https://hub.example.com
   * @param {string} token of the role viewer
   * @param {{timeoutMs?: number}} [options] for one page
   */
  constructor(url, token, { timeoutMs = 30_000 } = {}) {
    this.url = url.replace(/\/+$/, '');
    this.token = token;
    this.timeoutMs = timeoutMs;
  }

  /**
   * One page, in the order of the sequence numbers; the items are for Receiver.pulled. Note nextAfter with
   * Inbox.filled when they are applied. Throws HubError.
   * @returns {Promise<{items: object[], nextAfter: number, hasMore: boolean}>}
   */
  async eventsAfter(subscriptionId, after) {
    const url = `${this.url}/api/v1/subscriptions/${encodeURIComponent(subscriptionId)}/events?after=${after}`;
    const page = await this.#get(url);
    if (!Array.isArray(page?.data) || !Number.isSafeInteger(page.next_after) ||
        typeof page.has_more !== 'boolean') {
      throw new HubError(url, 'not the answer of a hub');
    }
    if (page.next_after < after + (page.has_more ? 1 : 0)) throw new HubError(url, 'the page does not go on');
    return { items: page.data, nextAfter: page.next_after, hasMore: page.has_more };
  }

  async #get(url) {
    try {
      const answer = await fetch(url, {
        headers: { authorization: `Bearer ${this.token}` },
        redirect: 'manual', // The token is for this hub alone.
        signal: AbortSignal.timeout(this.timeoutMs),
      });
      if (answer.status !== 200) {
        await answer.body?.cancel();
        throw new HubError(url, `HTTP ${answer.status}`);
      }
      const parts = [];
      let bytes = 0;
      for await (const part of answer.body) {
        bytes += part.length;
        if (bytes > ANSWER_BYTES_MAX) throw new HubError(url, `more than ${ANSWER_BYTES_MAX} bytes`);
        parts.push(part);
      }
      return JSON.parse(Buffer.concat(parts).toString('utf8'));
    } catch (error) {
      throw error instanceof HubError ? error : new HubError(url, error.cause?.message ?? error.message);
    }
  }
}
