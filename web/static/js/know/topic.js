/** How exchanges route, for the picture of where a message would go (as the broker does, amqp-behaviour §7). */

const words = (text) => (text === '' ? [] : text.split('.'));

/**
 * Whether a topic pattern matches a key: * is one word, # is any number of words.
 * @param {string} pattern @param {string} key
 */
function topicMatches(pattern, key) {
  if (!/[*#]/.test(pattern)) return pattern === key;
  const want = words(pattern);
  const have = words(key);
  let i = 0;
  let j = 0;
  let hash = -1; // the last # so far, and how far the key was taken when it was met
  let taken = 0;
  while (j < have.length) {
    if (want[i] === '#') {
      hash = i++;
      taken = j;
    } else if (i < want.length && (want[i] === '*' || want[i] === have[j])) {
      i++;
      j++;
    } else if (hash >= 0) {
      i = hash + 1;
      j = ++taken; // the # takes one word more
    } else {
      return false;
    }
  }
  while (want[i] === '#') i++;
  return i === want.length;
}

// reason says why a binding takes a message, or null if it does not.
function reason(type, binding, key) {
  switch (type) {
    case 'fanout': case 'x-recent-history': return 'a fanout exchange gives to every binding';
    case 'topic': return topicMatches(binding.routing_key, key) ? `“${binding.routing_key}” matches the key` : null;
    case 'direct': return binding.routing_key === key ? 'the key is the same' : null;
    default: return null; // a key alone does not tell
  }
}

// reasonOfNone says why an exchange gives a message to nobody.
function reasonOfNone(type) {
  if (type === 'headers') return 'a headers exchange looks at header fields, which a key does not tell';
  if (['direct', 'topic', 'fanout'].includes(type)) return 'no binding matches';
  return `a ${type} exchange chooses among its bindings itself`;
}

/**
 * Where a message goes from an exchange, over exchanges and alternate exchanges.
 * @param {{exchanges: object[], from: Map<string, object[]>}} world of one virtual host; from holds the bindings by source
 * @param {string} start name of the exchange @param {string} key
 * @returns {{queues: Set<string>, used: Map<object,string>, exchanges: Set<string>, steps: string[]}} used: bindings, each with the reason
 */
export function route({ exchanges, from }, start, key) {
  const out = { queues: new Set(), used: new Map(), exchanges: new Set(), steps: [] };
  const known = new Map(exchanges.map((x) => [x.name, x]));
  const todo = [start];
  while (todo.length > 0) {
    const name = todo.pop();
    const exchange = known.get(name);
    if (!exchange || out.exchanges.has(name)) continue;
    out.exchanges.add(name);
    let found = false;
    for (const b of from.get(name) || []) {
      const why = reason(exchange.type, b, key);
      if (!why) continue;
      found = true;
      out.used.set(b, why);
      out.steps.push(`${name} → ${b.destination}: ${why}`);
      if (b.destination_type === 'queue') out.queues.add(b.destination);
      else todo.push(b.destination);
    }
    const alternate = exchange.arguments?.['alternate-exchange'];
    if (found) continue;
    if (alternate === undefined) {
      out.steps.push(`${name}: ${reasonOfNone(exchange.type)}`);
    } else {
      out.steps.push(`${name} → ${alternate}: nothing matched, so the alternate exchange gets it`);
      todo.push(alternate);
    }
  }
  return out;
}
