/**
 * Where boxes and lines of the topology stand. It goes over all bindings a few
 * times and keeps what a picture has room for, so that 50,000 of them cost less
 * than a tenth of a second.
 */

/** Distances of the picture, and how much fits into it. */
export const sizes = { width: 1000, row: 40, box: 300, edge: 4, most: 120 };
const mostLines = 1000;
const mostKeys = 12; // that a line names

// first picks as many names as there are boxes, those of a path before others.
function first(names, wanted) {
  if (names.length <= sizes.most || !wanted) return names.slice(0, sizes.most);
  return [...names.filter((n) => wanted.has(n)), ...names.filter((n) => !wanted.has(n))].slice(0, sizes.most);
}

const y = (row) => 8 + row * sizes.row + sizes.row / 2;
const rows = (names) => new Map(names.map((name, i) => [name, i]));

// exchangesOf are the exchanges to draw: those that something is bound to, and others that somebody made.
function exchangesOf({ exchanges, bindings, queues }) {
  const bound = new Set();
  for (const b of bindings) {
    bound.add(b.source);
    if (b.destination_type === 'exchange') bound.add(b.destination);
  }
  return exchanges.filter((x) => bound.has(x.name) || (queues.length > 0 && x.name && !x.name.startsWith('amq.')));
}

// queuesOf are names of queues, each near the exchanges that feed it.
function queuesOf({ bindings, queues }, left) {
  const nearest = new Map();
  for (const b of bindings) {
    if (b.destination_type !== 'queue') continue;
    const row = left.get(b.source) ?? Infinity;
    if (!(nearest.get(b.destination) <= row)) nearest.set(b.destination, row);
  }
  for (const q of queues) if (!nearest.has(q.name)) nearest.set(q.name, Infinity);
  return nearest;
}

// linesOf joins the bindings between the same two boxes to one line.
function linesOf(bindings, left, right, path) {
  const lines = new Map();
  for (const b of bindings) {
    const toQueue = b.destination_type === 'queue';
    const from = left.get(b.source);
    const to = (toQueue ? right : left).get(b.destination);
    if (from === undefined || to === undefined) continue;
    const id = `${from} ${toQueue ? 'q' : 'x'}${to}`;
    let line = lines.get(id);
    if (!line) {
      line = { id, source: b.source, destination: b.destination, curve: curve(y(from), y(to), toQueue), keys: [], count: 0, why: undefined };
      lines.set(id, line);
    }
    line.count++;
    if (line.keys.length < mostKeys) line.keys.push(b.routing_key);
    line.why ??= path?.used.get(b);
  }
  return [...lines.values()];
}

function curve(y1, y2, toQueue) {
  const from = sizes.edge + sizes.box;
  const to = sizes.width - from;
  return toQueue
    ? `M${from} ${y1} C${from + 170} ${y1} ${to - 170} ${y2} ${to} ${y2}`
    : `M${from} ${y1} C${from + 90} ${y1} ${from + 90} ${y2} ${from} ${y2}`;
}

/**
 * @typedef {object} Picture
 * @property {{name: string, x: number, y: number, on: boolean, type?: string}[]} left exchanges; on: the path leads over it
 * @property {{name: string, x: number, y: number, on: boolean, ready?: number}[]} right queues
 * @property {{id: string, source: string, destination: string, curve: string, keys: string[], count: number, why?: string}[]} lines
 * @property {number} height
 * @property {{boxes: number, lines: number}} hidden how many there was no room for
 */

/**
 * Exchanges left and queues right, with what a path leads to before the rest.
 * @param {import('../ui/world.js').World} world @param {object|null} path what route gives
 * @returns {Picture}
 */
export function layout(world, path) {
  const exchanges = exchangesOf(world);
  const types = new Map(exchanges.map((x) => [x.name, x.type]));
  const leftNames = first([...types.keys()], path?.exchanges);
  const left = rows(leftNames);
  const nearest = queuesOf(world, left);
  const order = (a, b) => (nearest.get(a) === nearest.get(b) ? a.localeCompare(b) : nearest.get(a) - nearest.get(b));
  const rightNames = first([...nearest.keys()], path?.queues).sort(order);
  const right = rows(rightNames);
  const lines = linesOf(world.bindings, left, right, path).sort((a, b) => !!b.why - !!a.why);
  const ready = new Map(world.queues.map((q) => [q.name, q.messages_ready]));
  return {
    left: leftNames.map((name, i) => ({ name, x: sizes.edge, y: y(i), type: types.get(name), on: !!path?.exchanges.has(name) })),
    right: rightNames.map((name, i) => ({ name, x: sizes.width - sizes.box - sizes.edge, y: y(i), ready: ready.get(name), on: !!path?.queues.has(name) })),
    lines: lines.slice(0, mostLines),
    height: Math.max(leftNames.length, rightNames.length) * sizes.row + 16,
    hidden: { boxes: types.size - left.size + nearest.size - right.size, lines: Math.max(0, lines.length - mostLines) },
  };
}
