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

// winner is the policy in force on an object: the highest priority of those that match.
function winner(policies, object) {
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
    const before = other.priority > policy.priority;
    if (wide && scope && (before || other.pattern === policy.pattern)) return { by: other, certain: before };
  }
  return null;
}

// changes tells what changes from one definition to another: [key, before, after], undefined where it is not set.
function changes(before = {}, after = {}) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.filter((k) => JSON.stringify(before[k]) !== JSON.stringify(after[k])).map((k) => [k, before[k], after[k]]);
}

/**
 * @typedef {object} Verdict what saving a policy does to objects
 * @property {{object: object, before: object|null, diff: [string,*,*][]}[]} changed its settings begin or change there
 * @property {{object: object, before: object, after: object|null, diff: [string,*,*][]}[]} lost it acts there now and will not; after takes its place
 * @property {{object: object, by: object}[]} kept another policy is in front and stays so
 * @property {number} same on how many it acts and nothing changes
 */

/**
 * Compares what acts on objects now with what will when a policy is saved.
 * @param {{name: string, kind: 'queue'|'exchange', type?: string, matches: boolean}[]} objects matches: the draft's pattern does
 * @param {object} draft the policy as it would be saved @param {object[]} all policies as they are
 * @returns {Verdict}
 */
export function judge(objects, draft, all) {
  const here = all.filter((p) => p.vhost === draft.vhost);
  const others = here.filter((p) => p.name !== draft.name);
  const out = { changed: [], lost: [], kept: [], same: 0 };
  for (const object of objects) {
    const before = winner(here, object);
    const rival = winner(others, object);
    const acts = object.matches && !(rival?.priority > draft.priority);
    const diff = changes(before?.definition, (acts ? draft : rival)?.definition || {});
    if (acts && diff.length > 0) out.changed.push({ object, before, diff });
    else if (acts) out.same++;
    else if (before?.name === draft.name) out.lost.push({ object, before, after: rival, diff });
    else if (object.matches) out.kept.push({ object, by: rival });
  }
  return out;
}

/**
 * What a kind of mirroring means on this cluster, in a sentence or two.
 * @param {'none'|'all'|'exactly'|'nodes'} mode @param {number} copies @param {string[]} chosen @param {string[]} nodes that there are; empty if not known
 */
export function mirroringWords(mode, copies, chosen, nodes) {
  switch (mode) {
    case 'all':
      return `Every queue that matches gets a copy on every node, also on nodes that join later. ${onEach(nodes.length)}`;
    case 'exactly':
      if (copies === 1) return 'Every queue that matches stays on one node, without a further copy.';
      return `Every queue that matches gets ${copies} copies in all, its leader among them. ${enough(copies, nodes.length)}`;
    case 'nodes': {
      if (chosen.length === 0) return 'Choose at least one node.';
      const later = nodes.length > 0 && chosen.some((c) => !nodes.includes(c)) ? 'Nodes that are not there now get their copy when they join. ' : '';
      return `Copies are on ${chosen.join(', ')} and nowhere else. ${later}If none of them is there, the queue cannot be used.`;
    }
    default:
      return 'Queues are not mirrored by this policy. If their node fails, they are back when it is.';
  }
}

function onEach(n) {
  if (n === 1) return 'There is one node now, so there is one copy: more appear when nodes join.';
  return n > 1 ? `On these ${n} nodes, each message is stored ${n} times.` : '';
}

function enough(copies, n) {
  if (n === 0 || n >= copies) return 'If a node fails, another one takes its place, where there is one.';
  return `There ${n === 1 ? 'is one node' : `are ${n} nodes`} now: the missing copies appear when nodes join.`;
}
