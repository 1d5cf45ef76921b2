/**
 * What the node tells by itself: one stream of events for all that the page
 * follows. Where there is no stream, those who follow are told, and ask again
 * and again instead.
 */
import { query } from './api.js';
import { session } from './session.js';
import { events, Refused } from './events.js';
import { apply } from './patch.js';

const most = 16; // topics of a stream
const settle = 120; // ms in which a page says all that it follows
const waits = { first: 1000, longest: 30000, busy: 30000, never: 600000 };

// What can be followed: lists and single objects whose figures change by themselves.
const followable = /^\/(overview|(nodes|connections|channels|vhosts)(\/[^/?]+)?|(queues|exchanges)(\/[^/?]+){0,2})(\?.*)?$/;

/** Whether the answer of a path can be followed. @param {string} path under /api, with its query */
export const canFollow = (path) => followable.test(path);

/**
 * @typedef {object} Listener
 * @property {(data: *) => void} data the answer, whenever it changed
 * @property {() => void} lost nobody tells any more: ask yourself
 */

/** @type {Map<string, {listeners: Set<Listener>, base: *}>} */
const topics = new Map();
const watchers = new Set();
let kept = 0; // who wants a stream even without topics
let current = null; // the stream that is open: {key, abort, on}
let timer = 0;
let wait = waits.first;
let notBefore = 0;
let heard = { key: null, id: '' }; // the last event, and of which topics

/** Whether the stream is open. */
export const isLive = () => !!current?.on;

const states = new Set();
const tellState = () => { for (const listener of states) listener(); };

/** Is called when the stream opens or ends. @param {() => void} listener */
export const onState = (listener) => states.add(listener);

/**
 * Follows the answer of a path.
 * @param {string} path @param {Listener} listener
 * @returns {() => void} ends it
 */
export function follow(path, listener) {
  if (!topics.has(path)) topics.set(path, { listeners: new Set(), base: undefined });
  topics.get(path).listeners.add(listener);
  soon(settle);
  return () => {
    const topic = topics.get(path);
    topic.listeners.delete(listener);
    if (topic.listeners.size === 0) topics.delete(path);
    soon(settle);
  };
}

/** Wants the stream to be open, whatever is followed. @returns {() => void} ends it */
export function keep() {
  kept++;
  soon(settle);
  return () => { kept--; soon(settle); };
}

/**
 * Is called with what came and went.
 * @param {(objects: {kind: string, action: string, vhost?: string, name: string}[], missed: boolean) => void} watcher
 * missed: there was more than the node still knows
 */
export const watchObjects = (watcher) => watchers.add(watcher);

document.addEventListener('visibilitychange', () => soon(0));

function soon(ms) {
  clearTimeout(timer);
  timer = setTimeout(sync, Math.max(ms, notBefore - Date.now()));
}

// sync opens the stream that the page needs now, if it is not open already. While nobody looks, or is logged in, there is none.
function sync() {
  const wanted = [...topics.keys()].sort().slice(0, most);
  const key = !session() || document.hidden || kept + wanted.length === 0 ? null : wanted.join('\n');
  if ((current?.key ?? null) === key) return;
  current?.abort.abort();
  current = null;
  if (key !== null) {
    open(key, wanted);
    return;
  }
  tellState();
  for (const topic of topics.values()) tell(topic, 'lost');
}

// open follows topics until the stream ends. It goes on after the last event
// that was heard, where that was of the same topics.
async function open(key, wanted) {
  const mine = { key, abort: new AbortController(), on: false };
  current = mine;
  const path = `/events${query({ objects: 'all' })}${wanted.map((t) => `&topic=${encodeURIComponent(t)}`).join('')}`;
  const known = heard.key === key && wanted.every((t) => topics.get(t)?.base !== undefined);
  if (!known) heard = { key, id: '' };
  let pause = 0;
  try {
    await events(path, { signal: mine.abort.signal, after: heard.id, onEvent: (event) => { if (current === mine) hear(mine, event); } });
  } catch (error) {
    if (error instanceof Refused) pause = error.status === 429 || error.status === 503 ? waits.busy : waits.never;
  }
  if (current !== mine) return; // another one has taken its place
  current = null;
  tellState();
  for (const topic of topics.values()) tell(topic, 'lost');
  wait = mine.on ? waits.first : Math.min(wait * 2, waits.longest);
  notBefore = Date.now() + (pause || wait);
  soon(0);
}

const tell = (topic, what, ...args) => { for (const listener of [...topic.listeners]) listener[what](...args); };

function hear(stream, { name, id, data }) {
  if (!stream.on) {
    stream.on = true;
    tellState();
    // What has not changed since the last event is not told again.
    if (heard.id) for (const topic of topics.values()) if (topic.base !== undefined) tell(topic, 'data', topic.base);
  }
  if (id) heard.id = id;
  const topic = topics.get(data.topic);
  if (name === 'objects') {
    for (const watcher of watchers) watcher(data.objects || [], !!data.missed);
  } else if (name === 'state' && topic) {
    topic.base = data.state;
    tell(topic, 'data', topic.base);
  } else if (name === 'patch' && topic) {
    try {
      topic.base = apply(topic.base, data.patch);
    } catch {
      heard = { key: null, id: '' };
      stream.abort.abort(); // out of step: the next stream begins with whole answers
      return;
    }
    tell(topic, 'data', topic.base);
  } else if (name === 'refused' && topic) {
    topic.base = undefined;
    tell(topic, 'lost');
  }
}
