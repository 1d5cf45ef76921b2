/** Looking through a queue without taking anything out, as state: a page at a time, however long the search. */
import { useState, useEffect, useRef } from '../core/dom.js';
import { get, query } from '../core/api.js';

const pageSize = 50;
const rounds = 25; // requests of one search, each of which looks at 20,000 messages at most
const nothing = { messages: [], cursor: '', examined: 0, total: undefined, running: true, error: null };

/**
 * @param {string} path of browse @param {object} params its conditions and order
 * @returns {{messages: object[], cursor: string|null, examined: number, total: number|undefined, running: boolean, error: Error|null,
 *   more: () => void, stop: () => void, again: () => void}}
 * cursor is null when the end was reached; more goes on from there, again begins anew
 */
export function useBrowse(path, params) {
  const [state, set] = useState(nothing);
  const abort = useRef(null);
  const search = async (from) => {
    abort.current?.abort();
    const mine = new AbortController();
    abort.current = mine;
    let s = { ...from, running: true, error: null };
    set((old) => ({ ...s, messages: from === nothing ? old.messages : s.messages }));
    const want = s.messages.length + pageSize;
    try {
      for (let i = 0; i < rounds && s.running; i++) {
        const a = await get(path + query({ ...params, limit: want - s.messages.length, cursor: s.cursor }), { signal: mine.signal });
        const messages = [...s.messages, ...a.messages];
        const running = i + 1 < rounds && a.cursor !== null && messages.length < want;
        s = { messages, cursor: a.cursor, examined: s.examined + a.examined, total: a.total, running, error: null };
        set(s);
      }
    } catch (error) {
      if (abort.current === mine) set({ ...s, running: false, error: error.name === 'AbortError' ? null : error });
    }
  };
  useEffect(() => {
    search(nothing);
    return () => { const last = abort.current; abort.current = null; last?.abort(); };
  }, [path, JSON.stringify(params)]);
  return { ...state, more: () => search(state), stop: () => abort.current?.abort(), again: () => search(nothing) };
}
