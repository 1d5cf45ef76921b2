/** Looks through all queues for what is wrong, page by page, as few columns as the rules need. */
import { get, at, query } from '../core/api.js';
import { troubles, columnsNeeded } from './troubles.js';

const pageSize = 500;

/** How many pages of the fullest queues the page Health looks at: 10,000 queues. */
export const thorough = 20;

/**
 * Finds troubles of the queues of a virtual host, or of all, the worst first.
 * @param {string} vhost '' is all
 * @param {number} pages how many pages of the fullest queues are looked at
 * @param {AbortSignal} signal
 * @returns {Promise<{found: {queue: object, trouble: object}[], seen: number, total: number}>}
 */
export async function survey(vhost, pages, signal) {
  const path = vhost ? at('queues', vhost) : '/queues';
  const found = [];
  let seen = 0;
  let total = 0;
  for (let page = 1; page <= pages; page++) {
    const answer = await get(path + query({ page, page_size: pageSize, sort: 'messages', sort_reverse: true, columns: columnsNeeded }), { signal });
    total = answer.total_count;
    seen += answer.items.length;
    for (const queue of answer.items) {
      for (const trouble of troubles(queue)) found.push({ queue, trouble });
    }
    if (page >= answer.page_count) break;
  }
  found.sort((a, b) => b.trouble.weight - a.trouble.weight || (b.queue.messages || 0) - (a.queue.messages || 0));
  return { found, seen, total };
}
