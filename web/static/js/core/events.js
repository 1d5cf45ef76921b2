/** Server-sent events by fetch, which, unlike the browser's own EventSource, sends the tab's login. */
import { session } from './session.js';

const silence = 40000; // ms without a word, when the node sends one every 15 s at least

/** What the node answered in place of events. */
export class Refused extends Error {
  /** @param {number} status */
  constructor(status) {
    super(`events: ${status}`);
    this.status = status;
  }
}

/**
 * Reads a stream of events until it ends.
 * @param {string} path under /api
 * @param {{signal: AbortSignal, after?: string, onEvent: (event: Event) => void}} options after is the id of the last event that was heard before
 * @returns {Promise<void>} when the node ended it; rejects with Refused, or when the connection broke
 * @typedef {{name: string, id: string, data: *}} Event data is decoded JSON
 */
export async function events(path, { signal, after, onEvent }) {
  const own = new AbortController();
  const stop = () => own.abort();
  signal.addEventListener('abort', stop);
  let timer = setTimeout(stop, silence);
  try {
    const headers = { Accept: 'text/event-stream', 'X-Requested-With': 'console' };
    if (session()?.authorization) headers.Authorization = session().authorization;
    if (after) headers['Last-Event-ID'] = after;
    const response = await fetch(`api${path}`, { headers, signal: own.signal, cache: 'no-store', credentials: 'omit' });
    if (!response.ok || !/event-stream/.test(response.headers.get('Content-Type') || '')) throw new Refused(response.status);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const feed = parser(onEvent);
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(stop, silence);
      feed(value);
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    own.abort();
  }
}

const blank = () => ({ name: 'message', id: '', data: [] });

// parser is a function that takes text as it comes and calls onEvent for each whole event.
function parser(onEvent) {
  let rest = '';
  let event = blank();
  const line = (text) => {
    if (text === '') {
      if (event.data.length > 0) onEvent({ ...event, data: JSON.parse(event.data.join('\n')) });
      event = blank();
      return;
    }
    const colon = text.indexOf(':');
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') event.name = value;
    else if (field === 'id') event.id = value;
    else if (field === 'data') event.data.push(value);
  };
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const one of lines) line(one.replace(/\r$/, ''));
  };
}
