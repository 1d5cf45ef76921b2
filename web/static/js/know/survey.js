/** Looks through queues for what is wrong, page by page, as few columns as the rules need. */
import { get, at, query } from '../core/api.js';
import { troubles, columnsNeeded } from './troubles.js';

const pageSize = 500;

/** How many pages of the fullest queues the page Health looks at: 10,000 queues. */
export const thorough = 20;

/**
 * @typedef {object} Survey
 * @property {{queue: object, trouble: object}[]} found the worst first
 * @property {number} seen how many queues were looked at
 * @property {number} total how many there are
 */

// worst sorts findings: the most urgent first, of equal ones that of the fullest queue.
const worst = (found) => [...found].sort((a, b) => b.trouble.weight - a.trouble.weight || (b.queue.messages || 0) - (a.queue.messages || 0));

/**
 * Finds troubles of the queues of a virtual host, or of all: those that are
 * down, then the fullest, down to the first page of empty ones, in which little
 * can be wrong.
 * @param {string} vhost '' is all
 * @param {number} pages how many pages of the fullest queues are looked at, at most
 * @param {AbortSignal} signal
 * @param {(survey: Survey) => void} [onPage] is told what is known so far
 * @returns {Promise<Survey>}
 */
export async function survey(vhost, pages, signal, onPage = () => {}) {
  const path = vhost ? at('queues', vhost) : '/queues';
  const known = new Map();
  let state = { found: [], seen: 0, total: 0 };
  const look = async (params) => {
    const answer = await get(path + query({ page_size: pageSize, columns: columnsNeeded, ...params }), { signal });
    for (const queue of answer.items) known.set(`${queue.vhost} ${queue.name}`, queue);
    const found = worst([...known.values()].flatMap((queue) => troubles(queue).map((trouble) => ({ queue, trouble }))));
    state = { found, seen: known.size, total: answer.total_count };
    onPage(state);
    return answer;
  };
  for (let page = 1; page <= pages; page++) {
    const { items, page_count: last } = await look({ page, sort: 'messages', sort_reverse: true });
    if (page >= last) return state;
    if (!items.at(-1)?.messages) break;
  }
  await look({ page: 1, sort: 'state' }); // crashed and down come first
  return state;
}
