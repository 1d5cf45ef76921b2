/** What a person chose and this browser remembers: columns, theme, refresh, chart ranges. Never credentials. */
import { useState, useEffect } from './dom.js';

const prefix = 'amqpd.';
const listeners = new Set();

/**
 * Reads a choice.
 * @param {string} key
 * @param {*} fallback what holds while nothing was chosen or the browser keeps nothing
 */
export function getPref(key, fallback) {
  try {
    const text = localStorage.getItem(prefix + key);
    return text === null ? fallback : JSON.parse(text);
  } catch {
    return fallback;
  }
}

/** Writes a choice and tells every part that uses it. */
export function setPref(key, value) {
  try {
    localStorage.setItem(prefix + key, JSON.stringify(value));
  } catch {
    // A browser that keeps nothing only forgets the choice at the next visit.
  }
  for (const listener of listeners) listener(key, value);
}

/**
 * A choice as state: [value, set].
 * @param {string} key
 * @param {*} fallback
 */
export function usePref(key, fallback) {
  const [value, set] = useState(() => getPref(key, fallback));
  useEffect(() => {
    set(getPref(key, fallback));
    const listener = (changed, next) => { if (changed === key) set(next); };
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, [key]);
  return [value, (next) => setPref(key, next)];
}
