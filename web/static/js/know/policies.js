/** How policies find their objects and which one wins, as the broker decides it. */

/** Whether a policy's apply-to covers an object. @param {string} applyTo @param {'queue'|'exchange'} kind @param {string} [type] of a queue */
export function covers(applyTo, kind, type = 'classic') {
  switch (applyTo) {
    case 'all': return true;
    case 'queues': return kind === 'queue';
    case 'exchanges': return kind === 'exchange';
    case 'classic_queues': return kind === 'queue' && type === 'classic';
    case 'quorum_queues': return kind === 'queue' && type === 'quorum';
    case 'streams': return kind === 'queue' && type === 'stream';
    default: return false;
  }
}

/** A pattern as this browser understands it, or null where only the broker does. @param {string} pattern */
export function compile(pattern) {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return null;
  }
}

/**
 * The policy in force on an object: the highest priority of those that match.
 * @param {object[]} policies of one virtual host
 * @param {{name: string, kind: 'queue'|'exchange', type?: string}} object
 */
export function winner(policies, object) {
  let best = null;
  for (const p of policies) {
    if (covers(p['apply-to'], object.kind, object.type) && (!best || p.priority > best.priority) && compile(p.pattern)?.test(object.name)) best = p;
  }
  return best;
}

/**
 * Policies that cannot act, or perhaps not, because another covers all that they match.
 * @param {object} policy @param {object[]} all policies of its virtual host
 * @returns {{by: object, certain: boolean}|null} not certain: the priorities are equal
 */
export function shadow(policy, all) {
  for (const other of all) {
    if (other.vhost !== policy.vhost || other.name === policy.name || other.priority < policy.priority) continue;
    const wide = ['', '.*', '^', '^.*', '^.*$', '.*$'].includes(other.pattern) || other.pattern === policy.pattern;
    const scope = other['apply-to'] === 'all' || other['apply-to'] === policy['apply-to'];
    if (wide && scope && (other.priority > policy.priority || other.pattern === policy.pattern)) return { by: other, certain: other.priority > policy.priority };
  }
  return null;
}

/**
 * What changes from one definition to another: [key, before, after], undefined where it is not set.
 * @param {object} before @param {object} after
 */
export function changes(before = {}, after = {}) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.filter((k) => JSON.stringify(before[k]) !== JSON.stringify(after[k])).map((k) => [k, before[k], after[k]]);
}

/**
 * What a kind of mirroring means on this cluster, in a sentence or two.
 * @param {'none'|'all'|'exactly'|'nodes'} mode @param {number} copies @param {string[]} chosen @param {string[]} nodes that there are; empty if not known
 */
export function mirroringWords(mode, copies, chosen, nodes) {
  const n = nodes.length;
  switch (mode) {
    case 'all':
      return `Every queue that matches gets a copy on every node, also on nodes that join later. ${n === 1 ? 'There is one node now, so there is one copy: more appear when nodes join.' : n > 1 ? `On these ${n} nodes, each message is stored ${n} times.` : ''}`;
    case 'exactly':
      if (copies === 1) return 'Every queue that matches stays on one node, without a further copy.';
      return `Every queue that matches gets ${copies} copies in all, its leader among them. ${n > 0 && n < copies ? `There ${n === 1 ? 'is one node' : `are ${n} nodes`} now: the missing copies appear when nodes join.` : 'If a node fails, another one takes its place, where there is one.'}`;
    case 'nodes':
      return chosen.length === 0 ? 'Choose at least one node.' : `Copies are on ${chosen.join(', ')} and nowhere else. ${chosen.some((c) => n > 0 && !nodes.includes(c)) ? 'Nodes that are not there now get their copy when they join.' : ''} If none of them is there, the queue cannot be used.`;
    default:
      return 'Queues are not mirrored by this policy. If their node fails, they are back when it is.';
  }
}
