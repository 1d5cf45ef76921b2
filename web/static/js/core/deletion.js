/**
 * What is being deleted is not asked about: between the node's doing it and its
 * answer, a question could only be answered with 404.
 */
import { request } from './api.js';

/**
 * @typedef {object} Asker who keeps an answer fresh
 * @property {string} path under /api, with its query
 * @property {() => void} wake asks now
 * @property {() => void} hush gives up the question that is under way
 * @property {() => void} stop ends it for good
 */

/** All who ask while the page is shown. @type {Set<Asker>} */
export const askers = new Set();

const underWay = new Set(); // what is being deleted: lists of paths

const isUnder = (path, roots) => roots.some((root) => path === root || path.startsWith(`${root}/`) || path.startsWith(`${root}?`));

/** Whether a path names something that is being deleted, or a part of it. @param {string} path */
export const isBeingDeleted = (path) => [...underWay].some((roots) => isUnder(path, roots));

/**
 * DELETE. Whoever asks for the path or for what is under it is silent meanwhile,
 * asks again if it failed, and stays silent if it is gone. A page that is opened
 * later asks anew.
 * @param {string} path
 * @param {{parts?: string[], headers?: Record<string,string>}} [options] parts are further paths of what goes with it
 */
export async function del(path, { parts = [], ...options } = {}) {
  const roots = [path, ...parts];
  const concerned = () => [...askers].filter((asker) => isUnder(asker.path, roots));
  underWay.add(roots);
  for (const asker of concerned()) asker.hush();
  let gone = false;
  try {
    await request('DELETE', path, options);
    gone = true;
  } finally {
    underWay.delete(roots);
    for (const asker of concerned()) {
      if (gone) asker.stop();
      else asker.wake();
    }
  }
}
