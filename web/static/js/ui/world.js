/**
 * The exchanges, bindings and queues that a picture is made of: all of a small
 * virtual host, and of a large one what a chosen exchange leads to.
 */
import { useState, useEffect } from '../core/dom.js';
import { at, get, query } from '../core/api.js';
import { group } from '../core/group.js';

const small = 1000; // queues of a virtual host of which everything is fetched
const mostExchanges = 500; // a page of the API
const mostSteps = 30; // exchanges that are followed from the chosen one
const bindingColumns = query({ columns: 'source,destination,destination_type,routing_key' });

/**
 * @typedef {object} World
 * @property {object[]} exchanges the first 500
 * @property {object[]} bindings but those of the default exchange
 * @property {Map<string, object[]>} from the same by source
 * @property {object[]} queues the first ones
 * @property {number} total how many queues there are
 * @property {boolean} asks whether an exchange has to be chosen before anything is fetched
 */

const pause = () => new Promise((resolve) => { setTimeout(resolve); });
const first = (kind, vhost, size, columns, signal) => get(at(kind, vhost) + query({ page: 1, page_size: size, columns }), { signal });

// walk fetches the bindings of an exchange and of those it leads to.
async function walk(vhost, start, exchanges, signal) {
  const known = new Map(exchanges.map((x) => [x.name, x]));
  const seen = new Set();
  const bindings = [];
  const todo = [start];
  while (todo.length > 0 && seen.size < mostSteps) {
    const name = todo.shift();
    if (!name || seen.has(name)) continue;
    seen.add(name);
    for (const b of await get(at('exchanges', vhost, name, 'bindings', 'source') + bindingColumns, { signal })) {
      bindings.push(b);
      if (b.destination_type === 'exchange') todo.push(b.destination);
    }
    todo.push(known.get(name)?.arguments?.['alternate-exchange']);
  }
  return bindings;
}

async function fetchWorld(vhost, start, boxes, signal) {
  const [queues, page] = await Promise.all([
    first('queues', vhost, boxes, 'name,messages_ready', signal),
    first('exchanges', vhost, mostExchanges, 'name,type,arguments', signal),
  ]);
  const exchanges = page.items;
  if (start && !exchanges.some((x) => x.name === start)) {
    exchanges.push(await get(at('exchanges', vhost, start) + query({ columns: 'name,type,arguments' }), { signal }));
  }
  const total = queues.total_count;
  const large = total > small;
  let bindings = [];
  if (!large) bindings = (await get(at('bindings', vhost) + bindingColumns, { signal })).filter((b) => b.source !== '');
  else if (start) bindings = await walk(vhost, start, exchanges, signal);
  await pause(); // reading many bindings and drawing them are two tasks, so that keys are heard between them
  signal.throwIfAborted();
  return { exchanges, bindings, from: group(bindings, (b) => b.source, (b) => b), queues: large ? [] : queues.items, total, asks: large && !start };
}

/**
 * @param {string} vhost @param {string} start the chosen exchange, or ''
 * @param {number} boxes how many queues a picture has room for
 * @returns {{world: World|null, error: Error|null}} the previous world stays until the next is there
 */
export function useWorld(vhost, start, boxes) {
  const [state, set] = useState({ world: null, error: null });
  useEffect(() => {
    if (!vhost) return undefined;
    const abort = new AbortController();
    set((old) => ({ world: old.vhost === vhost ? old.world : null, error: null, vhost }));
    fetchWorld(vhost, start, boxes, abort.signal).then(
      (world) => set({ world, error: null, vhost }),
      (error) => { if (error.name !== 'AbortError') set({ world: null, error, vhost }); },
    );
    return () => abort.abort();
  }, [vhost, start]);
  return state;
}
