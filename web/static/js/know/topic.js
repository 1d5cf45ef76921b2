/** How exchanges route, for the picture of where a message would go (as the broker does, amqp-behaviour §7). */

/**
 * Whether a topic pattern matches a key: * is one word, # is any number of words.
 * @param {string} pattern @param {string} key
 */
export function topicMatches(pattern, key) {
  const p = pattern.split('.');
  const words = key.split('.');
  let reach = new Set([0]); // how many words the pattern so far may have taken
  for (const word of p) {
    const next = new Set();
    for (const n of reach) {
      if (word === '#') for (let k = n; k <= words.length; k++) next.add(k);
      else if (n < words.length && (word === '*' || word === words[n])) next.add(n + 1);
    }
    reach = next;
  }
  return reach.has(words.length) || (key === '' && p.every((w) => w === '#'));
}

/**
 * Why a binding takes a message, or null if it does not.
 * @param {string} type of the exchange @param {object} binding @param {string} key
 */
export function reason(type, binding, key) {
  switch (type) {
    case 'fanout': case 'x-recent-history': return 'a fanout exchange gives to every binding';
    case 'topic': return topicMatches(binding.routing_key, key) ? `“${binding.routing_key}” matches the key` : null;
    case 'direct': return binding.routing_key === key ? 'the key is the same' : null;
    case 'headers': return null; // a key alone does not tell
    default: return null;
  }
}

/**
 * Where a message goes from an exchange, over exchanges and alternate exchanges.
 * @param {{exchanges: object[], bindings: object[]}} world of one virtual host
 * @param {string} start name of the exchange @param {string} key
 * @returns {{queues: Set<string>, used: Map<string,string>, exchanges: Set<string>, steps: string[]}} used: bindings by id, with the reason
 */
export function route({ exchanges, bindings }, start, key) {
  const out = { queues: new Set(), used: new Map(), exchanges: new Set(), steps: [] };
  const types = new Map(exchanges.map((x) => [x.name, x]));
  const from = Map.groupBy ? Map.groupBy(bindings, (b) => b.source) : group(bindings);
  const todo = [start];
  while (todo.length > 0) {
    const name = todo.pop();
    const exchange = types.get(name);
    if (!exchange || out.exchanges.has(name)) continue;
    out.exchanges.add(name);
    let found = 0;
    for (const b of from.get(name) || []) {
      const why = reason(exchange.type, b, key);
      if (!why) continue;
      found++;
      out.used.set(bindingId(b), why);
      out.steps.push(`${name} → ${b.destination}: ${why}`);
      if (b.destination_type === 'queue') out.queues.add(b.destination);
      else todo.push(b.destination);
    }
    const alternate = exchange.arguments?.['alternate-exchange'];
    if (found === 0 && alternate !== undefined) {
      out.steps.push(`${name} → ${alternate}: nothing matched, so the alternate exchange gets it`);
      todo.push(alternate);
    } else if (found === 0) {
      out.steps.push(exchange.type === 'headers' ? `${name}: a headers exchange looks at header fields, which a key does not tell` : ['direct', 'topic', 'fanout'].includes(exchange.type) ? `${name}: no binding matches` : `${name}: a ${exchange.type} exchange chooses among its bindings itself`);
    }
  }
  return out;
}

function group(bindings) {
  const map = new Map();
  for (const b of bindings) map.set(b.source, [...(map.get(b.source) || []), b]);
  return map;
}

/** What tells bindings apart. @param {object} b */
export const bindingId = (b) => JSON.stringify([b.source, b.destination_type, b.destination, b.properties_key]);
