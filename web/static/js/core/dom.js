/** What draws: preact, its hooks, and html`…` for markup without a build step. */
import { h, render, Fragment, createContext, Component } from '../../vendor/preact.js';
import { useState, useEffect, useLayoutEffect, useRef, useMemo, useCallback, useContext, useId } from '../../vendor/preact-hooks.js';
import htm from '../../vendor/htm.js';

/** Makes elements from a template; values become attributes, children or text, never markup. */
export const html = htm.bind(h);
export { h, render, Fragment, createContext, Component };
export { useState, useEffect, useLayoutEffect, useRef, useMemo, useCallback, useContext, useId };

/**
 * Joins class names, leaving out what is false.
 * @param {...(string|false|null|undefined)} names
 */
export const cx = (...names) => names.filter(Boolean).join(' ');
