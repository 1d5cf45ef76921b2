/** Asks the HTTP API, and says in plain words what went wrong. */
import { session, logout } from './session.js';
import { explain } from './errors.js';

const base = 'api';

/** An answer that is no success, or none at all. */
class ApiError extends Error {
  /**
   * @param {number} status 0 when the node did not answer
   * @param {string} reason the API's own words
   * @param {string} method @param {string} path
   */
  constructor(status, reason, method, path) {
    const { title, advice } = explain(status, reason, method);
    super(title);
    Object.assign(this, { status, reason, advice, method, path });
  }
}

/**
 * A path of the API from its segments, each encoded once. The default exchange
 * has no name, and amq.default stands for it.
 * @param {...string} segments
 */
export const at = (...segments) => '/' + segments.map(encodeURIComponent).join('/');

/** A query, with empty values left out. @param {Record<string,*>} values */
export function query(values) {
  const set = Object.entries(values).filter(([, v]) => v !== undefined && v !== null && v !== '');
  return set.length ? '?' + new URLSearchParams(set.map(([k, v]) => [k, String(v)])) : '';
}

/** How an exchange is called in a path. @param {string} name */
export const exchangeName = (name) => name || 'amq.default';

/**
 * One request. Gives the decoded body, or null where there is none.
 * @param {string} method @param {string} path under /api, with its query
 * @param {{body?: *, headers?: Record<string,string>, signal?: AbortSignal, authorization?: string, text?: boolean}} [options]
 */
export async function request(method, path, options = {}) {
  const authorization = options.authorization || session()?.authorization;
  // The last one tells the node that no browser dialog should ask for a password.
  const headers = { Accept: 'application/json, */*', 'X-Requested-With': 'console', ...options.headers };
  if (authorization) headers.Authorization = authorization;
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  let response;
  try {
    response = await fetch(base + path, {
      method, headers, signal: options.signal, cache: 'no-store', credentials: 'omit',
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
    });
  } catch (err) {
    if (err.name === 'AbortError') throw err;
    throw new ApiError(0, String(err.message || err), method, path);
  }
  const text = await response.text();
  if (!response.ok) {
    // A late answer to a question of an earlier session says nothing of the present one.
    if (response.status === 401 && authorization === session()?.authorization && /Login failed/.test(text)) logout();
    throw new ApiError(response.status, reasonOf(text), method, path);
  }
  if (options.text) return text;
  return text === '' ? null : JSON.parse(text);
}

// reasonOf is the reason of an error answer: text, a list, or a list of character codes (management-api §2.3).
function reasonOf(text) {
  let reason = text;
  try {
    const body = JSON.parse(text);
    reason = body.reason ?? body.error ?? '';
  } catch {
    return text.slice(0, 300);
  }
  if (Array.isArray(reason)) {
    return reason.every((x) => typeof x === 'number') ? String.fromCharCode(...reason) : reason.map(word).join(': ');
  }
  return unescape(typeof reason === 'string' ? reason : JSON.stringify(reason));
}

const isCodes = (x) => Array.isArray(x) && x.every((c) => typeof c === 'number');
const word = (x) => (typeof x === 'string' ? x.replaceAll('_', ' ') : isCodes(x) ? String.fromCharCode(...x) : JSON.stringify(x));

const entities = { '&lt;': '<', '&gt;': '>', '&amp;': '&', '&quot;': '"', '&#39;': "'" };
const unescape = (text) => text.replace(/&(lt|gt|amp|quot|#39);/g, (e) => entities[e]);

export const get = (path, options) => request('GET', path, options);
export const put = (path, body = {}, options) => request('PUT', path, { body, ...options });
export const post = (path, body = {}, options) => request('POST', path, { body, ...options });
