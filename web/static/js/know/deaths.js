/** The header x-death as a story: what happened to a message before it came here. */
import { plural } from '../core/format.js';

const reasons = {
  rejected: 'was rejected by a consumer', expired: 'waited longer than its time to live', maxlen: 'was pushed out because the queue was full', 'delivery-limit': 'came back more often than the delivery limit allows', delivery_limit: 'came back more often than the delivery limit allows',
};

/**
 * Sentences, the oldest event first; none if the message never died.
 * @param {object} headers of the message
 * @returns {string[]}
 */
export function story(headers) {
  const deaths = Array.isArray(headers?.['x-death']) ? headers['x-death'] : [];
  return [...deaths].reverse().filter((d) => d && typeof d === 'object').map((d) => {
    const when = Number(d.time) ? `${new Date(Number(d.time) * 1000).toLocaleString()}: ` : '';
    const keys = [].concat(d['routing-keys'] || []).join(', ');
    const times = d.count > 1 ? `, ${plural(d.count, 'time')} in all` : '';
    return `${when}in the queue “${d.queue}” it ${reasons[d.reason] || `died (${d.reason})`}${times}. It had come from ${d.exchange ? `the exchange “${d.exchange}”` : 'the default exchange'} with the key “${keys}”.`;
  });
}

/**
 * Where a message was before it first died, so that it can be sent back there.
 * @param {object} headers
 * @returns {{queue: string, exchange: string, key: string}|null}
 */
export function origin(headers) {
  const deaths = Array.isArray(headers?.['x-death']) ? headers['x-death'] : [];
  const first = deaths[deaths.length - 1];
  return first ? { queue: String(first.queue), exchange: String(first.exchange ?? ''), key: String([].concat(first['routing-keys'] || [])[0] ?? '') } : null;
}
