/** What draws: preact, its hooks, and html`…` for markup without a build step. */
import { h, render, createContext } from '../../vendor/preact.js';
import { useState, useEffect, useLayoutEffect, useRef, useMemo, useContext } from '../../vendor/preact-hooks.js';
import htm from '../../vendor/htm.js';

/** Makes elements from a template; values become attributes, children or text, never markup. */
export const html = htm.bind(h);
export { render, createContext };
export { useState, useEffect, useLayoutEffect, useRef, useMemo, useContext };

/**
 * Joins class names, leaving out what is false.
 * @param {...(string|false|null|undefined)} names
 */
export const cx = (...names) => names.filter(Boolean).join(' ');

let ids = 0;

/**
 * An id that no other element of the page has. (preact's own counts anew in
 * each root, and dialogs are a root of their own.)
 */
export const useId = () => useState(() => `id-${++ids}`)[0];
