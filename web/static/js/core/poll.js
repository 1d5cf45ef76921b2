/** Data that stays fresh: told by the node or asked again at the chosen pace, at once after a change, and not while nobody looks. */
import { useState, useEffect, useRef } from './dom.js';
import { get } from './api.js';
import { usePref } from './prefs.js';
import { askers, isBeingDeleted } from './deletion.js';
import { follow, canFollow, isLive, onState, watchObjects } from './live.js';

const fallback = 5000; // ms between questions where the node does not tell by itself

/** Paces that a person can choose: live, or milliseconds; 0 is never. */
export const paces = [['live', 'as it happens'], [2000, 'every 2 s'], [5000, 'every 5 s'], [10000, 'every 10 s'], [30000, 'every 30 s'], [0, 'not by itself']];

/** Asks everything on the page again, because something was changed. */
export function refresh() {
  for (const asker of askers) asker.wake();
}

/** When the last answer came, whether the last request failed and whether the node tells by itself, for the header. */
export const pulse = { at: 0, error: null, live: false, listeners: new Set() };

function beat(error) {
  pulse.error = error;
  if (!error) pulse.at = Date.now();
  for (const listener of pulse.listeners) listener();
}

onState(() => {
  pulse.live = isLive();
  for (const listener of pulse.listeners) listener();
});

/**
 * The answer to a GET, kept fresh.
 * @param {string|null} path under /api; null asks nothing
 * @param {{once?: boolean, pace?: number}} [options] once: only when path changes and after changes made here
 * @returns {{data: *, error: Error|null, loading: boolean, again: () => void}} data of the previous path stays until the next answer
 */
export function usePoll(path, options = {}) {
  const [pref] = usePref('refresh', 'live');
  const live = pref === 'live' && !options.once && !options.pace && path !== null && canFollow(path);
  const pace = options.once ? 0 : options.pace ?? (pref === 'live' ? fallback : pref);
  const [state, set] = useState({ data: undefined, error: null, loading: path !== null, path });
  const wake = useRef(() => {});
  useEffect(() => {
    if (path === null) {
      set({ data: undefined, error: null, loading: false, path });
      return undefined;
    }
    const asker = poller(path, pace, live, set);
    wake.current = asker.wake;
    askers.add(asker);
    return () => {
      askers.delete(asker);
      asker.stop();
    };
  }, [path, pace, live]);
  return { ...state, loading: state.loading || state.path !== path, again: () => wake.current() };
}

// poller asks path until stopped, and not while the node tells of it by itself
// or deletes it. One request is under way at a time; a slow node is asked less
// often than the pace says.
function poller(path, pace, live, set) {
  let timer = 0;
  let told = false;
  let abort = null;
  let stopped = false;
  const hush = () => {
    clearTimeout(timer);
    abort?.abort();
  };
  const ask = async () => {
    hush();
    if (stopped || isBeingDeleted(path)) return;
    const mine = new AbortController();
    abort = mine;
    const began = performance.now();
    try {
      const data = await get(path, { signal: mine.signal });
      if (stopped || abort !== mine) return;
      set({ data, error: null, loading: false, path });
      beat(null);
    } catch (error) {
      if (stopped || error.name === 'AbortError') return;
      set((old) => ({ data: old.path === path ? old.data : undefined, error, loading: false, path }));
      beat(error.status === 0 || error.status >= 502 ? error : null);
    }
    const took = performance.now() - began;
    if (pace && !told) timer = setTimeout(next, Math.max(pace, took * 4));
  };
  const next = () => (document.hidden ? (timer = setTimeout(next, 1000)) : ask());
  ask();
  const leave = live ? follow(path, {
    data: (data) => {
      told = true;
      hush();
      set({ data, error: null, loading: false, path });
      beat(null);
    },
    lost: () => {
      if (!told) return;
      told = false;
      next();
    },
  }) : () => {};
  const stop = () => {
    if (stopped) return;
    stopped = true;
    leave();
    hush();
  };
  return { path, wake: ask, hush, stop };
}

// Which answers change when an object of a kind comes or goes. Lists that the node tells of by itself are not among them.
const touched = {
  binding: /\/bindings/, exchange: /\/bindings/, policy: /^\/policies/, 'operator-policy': /^\/operator-policies/,
  user: /^\/users/, permission: /permissions/, 'topic-permission': /topic-permissions/,
  vhost: /^\/vhosts/, 'vhost-limit': /limits/, 'user-limit': /limits/,
};
const gather = 300; // ms in which events are gathered before anything is asked
const changed = new Set();

watchObjects((objects, missed) => {
  const kinds = missed ? Object.keys(touched) : objects.map((o) => o.kind);
  for (const kind of kinds) if (touched[kind]) changed.add(touched[kind]);
  if (changed.size === 0) return;
  setTimeout(() => {
    const patterns = [...changed];
    changed.clear();
    for (const asker of askers) if (patterns.some((p) => p.test(asker.path))) asker.wake();
  }, gather);
});
