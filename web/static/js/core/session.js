/** Who is logged in. Credentials stay in this tab and are forgotten on logout. */
import { useState, useEffect } from './dom.js';

const store = 'amqpd.session';
const listeners = new Set();
let current = load();

function load() {
  try {
    return JSON.parse(sessionStorage.getItem(store));
  } catch {
    return null;
  }
}

function change(next) {
  current = next;
  try {
    if (next) sessionStorage.setItem(store, JSON.stringify(next));
    else sessionStorage.removeItem(store);
  } catch {
    // Without storage the session lasts until the page is loaded again.
  }
  for (const listener of listeners) listener(next);
}

/** @returns {{name: string, tags: string[], authorization: string}|null} */
export const session = () => current;

/** The session as state. */
export function useSession() {
  const [value, set] = useState(current);
  useEffect(() => {
    listeners.add(set);
    set(current);
    return () => listeners.delete(set);
  }, []);
  return value;
}

/**
 * The Authorization header of a name and a password.
 * @param {string} name @param {string} password
 */
export function basic(name, password) {
  const octets = new TextEncoder().encode(`${name}:${password}`);
  return 'Basic ' + btoa(String.fromCharCode(...octets));
}

/** Begins a session, when the API has said who this is. */
export function begin(whoami, authorization) {
  const tags = Array.isArray(whoami.tags) ? whoami.tags : String(whoami.tags || '').split(',');
  const minutes = Number(whoami.login_session_timeout) || 0;
  change({ name: whoami.name, tags, authorization, ends: minutes ? Date.now() + minutes * 60000 : 0 });
}

/** Ends it: the credentials are gone from this tab. */
export function logout() {
  change(null);
}

const has = (...tags) => !!current && tags.some((tag) => current.tags.includes(tag));

/** What the user's tags allow (management-api §3.1). What is not allowed is not offered. */
export const may = {
  administer: () => has('administrator'),
  monitor: () => has('administrator', 'monitoring'),
  makePolicies: () => has('administrator', 'policymaker'),
  /** Change exchanges, queues and messages: permissions decide, and a user who only monitors is not offered it. */
  operate: () => has('administrator', 'policymaker', 'management'),
  /** @param {string} user whose connection it is */
  closeConnectionOf: (user) => has('administrator') || (has('management', 'policymaker') && current.name === user),
};
