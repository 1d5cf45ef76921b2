/** The survey of all queues as state, repeated slowly while the page is looked at. */
import { useState, useEffect } from '../core/dom.js';
import { survey } from '../know/survey.js';

const pace = 15000;
const share = 20; // the node spends at most one part in so many on surveys

/** @param {string} vhost '' is all @param {number} pages how many pages of queues are looked at */
export function useSurvey(vhost, pages) {
  const [state, set] = useState({ found: null, seen: 0, total: 0, error: null });
  useEffect(() => {
    const abort = new AbortController();
    let timer = 0;
    let first = true;
    const look = async () => {
      const began = performance.now();
      try {
        // The first time, what is found is shown page by page; later, all of it takes the place of the last.
        set({ ...(await survey(vhost, pages, abort.signal, (part) => { if (first && !abort.signal.aborted) set({ ...part, error: null }); })), error: null });
        first = false;
      } catch (error) {
        if (error.name === 'AbortError') return;
        set((old) => ({ ...old, error }));
      }
      if (!abort.signal.aborted) timer = setTimeout(look, Math.max(pace, (performance.now() - began) * share));
    };
    look();
    return () => { abort.abort(); clearTimeout(timer); };
  }, [vhost]);
  return state;
}
