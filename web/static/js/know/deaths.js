/** The header x-death as a story: what happened to a message before it came here. */

const reasons = {
  rejected: 'Rejected by a consumer', expired: 'Waited longer than its time to live', maxlen: 'Pushed out, because the queue was full',
  'delivery-limit': 'Came back more often than the delivery limit allows', delivery_limit: 'Came back more often than the delivery limit allows',
};

/**
 * @typedef {object} Death
 * @property {string} what happened, in words
 * @property {string} queue where
 * @property {string} exchange it had been published to, '' is the default one
 * @property {string} keys it had been published with
 * @property {number} count how often
 * @property {number} at the first time, ms since 1970, or 0
 */

/**
 * The deaths of a message, the oldest first; none if it never died.
 * @param {object} headers of the message; x-redriven holds what x-death said before a redrive
 * @param {'x-death'|'x-redriven'} [name]
 * @returns {Death[]}
 */
export function story(headers, name = 'x-death') {
  const deaths = Array.isArray(headers?.[name]) ? headers[name] : [];
  return [...deaths].reverse().filter((d) => d && typeof d === 'object').map((d) => ({
    what: reasons[d.reason] || `Died: ${d.reason}`,
    queue: String(d.queue),
    exchange: String(d.exchange ?? ''),
    keys: [].concat(d['routing-keys'] || []).join(', '),
    count: Number(d.count) || 1,
    at: Number(d.time) * 1000 || 0,
  }));
}
