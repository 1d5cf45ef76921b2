/** Data that stays fresh: asked again at the chosen pace, at once after a change, and not while nobody looks. */
import { useState, useEffect, useRef } from './dom.js';
import { get } from './api.js';
import { usePref } from './prefs.js';

/** Paces that a person can choose, in milliseconds; 0 is never. */
export const paces = [[2000, 'every 2 s'], [5000, 'every 5 s'], [10000, 'every 10 s'], [30000, 'every 30 s'], [0, 'not by itself']];

const wakers = new Set();

/** Asks everything on the page again, because something was changed. */
export function refresh() {
  for (const wake of wakers) wake();
}

/** When the last answer came and whether the last request failed, for the header. */
export const pulse = { at: 0, error: null, listeners: new Set() };

function beat(error) {
  pulse.error = error;
  if (!error) pulse.at = Date.now();
  for (const listener of pulse.listeners) listener();
}

/**
 * The answer to a GET, kept fresh.
 * @param {string|null} path under /api; null asks nothing
 * @param {{once?: boolean, pace?: number}} [options] once: only when path changes and after changes made here
 * @returns {{data: *, error: Error|null, loading: boolean, again: () => void}} data of the previous path stays until the next answer
 */
export function usePoll(path, options = {}) {
  const [pref] = usePref('refresh', 5000);
  const pace = options.once ? 0 : options.pace ?? pref;
  const [state, set] = useState({ data: undefined, error: null, loading: path !== null, path });
  const wake = useRef(() => {});
  useEffect(() => {
    if (path === null) {
      set({ data: undefined, error: null, loading: false, path });
      return undefined;
    }
    const loop = poller(path, pace, set);
    wake.current = loop.wake;
    wakers.add(loop.wake);
    return () => {
      wakers.delete(loop.wake);
      loop.stop();
    };
  }, [path, pace]);
  return { ...state, loading: state.loading || state.path !== path, again: () => wake.current() };
}

// poller asks path until stopped. One request is under way at a time; a slow
// node is asked less often than the pace says.
function poller(path, pace, set) {
  let timer = 0;
  let abort = null;
  let stopped = false;
  const ask = async () => {
    clearTimeout(timer);
    abort?.abort();
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
    if (pace && !stopped) timer = setTimeout(next, Math.max(pace, took * 4));
  };
  const next = () => (document.hidden ? (timer = setTimeout(next, 1000)) : ask());
  ask();
  return {
    wake: () => { if (!stopped) ask(); },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      abort?.abort();
    },
  };
}
