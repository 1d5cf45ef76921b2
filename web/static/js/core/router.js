/**
 * The address behind the #, which says what is shown: #/queues/shop/orders?page=2.
 * Segments are percent-encoded once, so a name may hold anything.
 */
import { useState, useEffect } from './dom.js';

/**
 * Splits a hash into decoded segments and its query.
 * @param {string} hash
 * @returns {{segments: string[], query: Record<string,string>, key: string}} key is the address without query
 */
function parseHash(hash) {
  const text = hash.replace(/^#?\/?/, '');
  const at = text.indexOf('?');
  const path = at < 0 ? text : text.slice(0, at);
  const query = Object.fromEntries(new URLSearchParams(at < 0 ? '' : text.slice(at + 1)));
  return { segments: path === '' ? [] : path.split('/').map(decode), query, key: path };
}

function decode(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // a stray % in an address typed by hand
  }
}

/**
 * Makes an address from segments and a query; empty values are left out.
 * @param {string[]} segments
 * @param {Record<string,*>} [query]
 */
export function href(segments, query = {}) {
  const set = Object.entries(query).filter(([, v]) => v !== undefined && v !== null && v !== '' && v !== false);
  const text = new URLSearchParams(set.map(([k, v]) => [k, String(v)])).toString();
  return '#/' + segments.map(encodeURIComponent).join('/') + (text ? '?' + text : '');
}

/** Goes to an address made by href. */
export function go(address) {
  location.hash = address;
}

/**
 * Changes parts of the query and stays on the page, without a step in the history.
 * @param {Record<string,*>} patch empty values remove
 */
export function patchQuery(patch) {
  const { segments, query } = parseHash(location.hash);
  history.replaceState(null, '', href(segments, { ...query, ...patch }));
  window.dispatchEvent(new HashChangeEvent('hashchange'));
}

/** The current route, as parseHash gives it. */
export function useRoute() {
  const [route, set] = useState(() => parseHash(location.hash));
  useEffect(() => {
    const listener = () => set(parseHash(location.hash));
    window.addEventListener('hashchange', listener);
    return () => window.removeEventListener('hashchange', listener);
  }, []);
  return route;
}

// Addresses of the objects that other pages point to.

/** @param {string} vhost @param {string} name */
export const queueHref = (vhost, name, query) => href(['queues', vhost, name], query);
/** @param {string} vhost @param {string} name '' is the default exchange */
export const exchangeHref = (vhost, name, query) => href(['exchanges', vhost, name || 'amq.default'], query);
/** @param {string} name */
export const connectionHref = (name) => href(['connections', name]);
/** @param {string} name */
export const channelHref = (name) => href(['channels', name]);
/** @param {string} vhost @param {string} name */
export const policyHref = (vhost, name, operator) => href([operator ? 'operator-policies' : 'policies'], { vhost, edit: name });
