/** The survey of all queues as state, repeated slowly while the page is looked at. */
import { useState, useEffect } from '../core/dom.js';
import { survey } from '../know/survey.js';

const pace = 15000;

/** @param {string} vhost '' is all */
export function useSurvey(vhost) {
  const [state, set] = useState({ found: null, seen: 0, total: 0, error: null });
  useEffect(() => {
    const abort = new AbortController();
    let timer = 0;
    const look = async () => {
      try {
        set({ ...(await survey(vhost, abort.signal)), error: null });
      } catch (error) {
        if (error.name === 'AbortError') return;
        set((old) => ({ ...old, error }));
      }
      if (!abort.signal.aborted) timer = setTimeout(look, pace);
    };
    look();
    return () => { abort.abort(); clearTimeout(timer); };
  }, [vhost]);
  return state;
}
