/** Searching the messages of a queue: the address's words, the API's conditions, and a sentence of both. */

/**
 * The conditions of a search, as parameters of browse and as the filter of a transfer.
 * @param {Record<string,string>} q from the address: body, key, header, exchange, redelivered, older, younger
 * @returns {Record<string,string>} empty where everything fits
 */
export function conditions(q) {
  const c = {};
  if (q.body) c.body = q.body;
  if (q.key) c[/[*#]/.test(q.key) ? 'routing_key_pattern' : 'routing_key'] = q.key;
  if (q.header) c.header = q.header;
  if (q.exchange) c.exchange = q.exchange;
  if (q.redelivered) c.redelivered = q.redelivered;
  if (Number(q.older) > 0) c.older_than = String(Number(q.older) * 60);
  if (Number(q.younger) > 0) c.younger_than = String(Number(q.younger) * 60);
  return c;
}

const says = {
  body: (v) => `whose body contains “${v}”`, routing_key: (v) => `with the routing key “${v}”`, routing_key_pattern: (v) => `whose routing key fits “${v}”`,
  header: (v) => (v.includes('=') ? `whose header ${v.slice(0, v.indexOf('='))} is “${v.slice(v.indexOf('=') + 1)}”` : `with a header ${v}`),
  exchange: (v) => `published to “${v}”`, redelivered: (v) => (v === 'true' ? 'that were delivered before' : 'that were never delivered'),
  older_than: (v) => `older than ${v / 60} min`, younger_than: (v) => `younger than ${v / 60} min`,
};

/** Conditions in words, to follow “messages”; '' where there are none. @param {Record<string,string>} c */
export const inWords = (c) => Object.entries(c).map(([k, v]) => says[k](Array.isArray(v) ? v.join(', ') : v)).join(' and ');
