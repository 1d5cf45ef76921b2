/** What forms choose from: virtual hosts, exchange types, names of exchanges and queues. */
import { useState, useEffect } from '../core/dom.js';
import { get, at, query } from '../core/api.js';

// useOnce asks for something once per key; what fails leaves the fallback.
function useOnce(key, ask, fallback, then) {
  const [value, set] = useState(fallback);
  useEffect(() => {
    let gone = false;
    ask().then((v) => { if (!gone) { set(v); then?.(v); } }, () => {});
    return () => { gone = true; };
  }, [key]);
  return value;
}

/** Names of the virtual hosts. @param {(names: string[]) => void} [then] called when they are known */
export const useVhosts = (then) => useOnce('vhosts', async () => (await get('/vhosts?columns=name')).map((v) => v.name), [], then);

const declarable = (types) => types.filter((t) => t.enabled !== false && !t.internal_purpose).map((t) => t.name).sort();

/** Exchange types that a client may declare. */
export const useTypes = () => useOnce(
  'types', async () => declarable((await get('/overview?columns=exchange_types')).exchange_types), ['direct', 'fanout', 'headers', 'topic'],
);

/** The broker's table of arguments and policy keys, for know/keys.js. */
export const useKeyTable = () => useOnce('policy-keys', () => get('/policy-keys'), []);

/** Names of nodes, for those who may see them. */
export const useNodes = () => useOnce('nodes', async () => (await get('/nodes?columns=name')).map((n) => n.name), []);

const someNames = query({ page: 1, page_size: 200, columns: 'name' });

/** Names of queues or exchanges of a virtual host, the first 200, to complete from. @param {'queues'|'exchanges'} kind @param {string} vhost */
export const useNames = (kind, vhost) => useOnce(
  `${kind} ${vhost}`, async () => (vhost ? (await get(at(kind, vhost) + someNames)).items.map((x) => x.name).filter(Boolean) : []), [],
);
