/** Statistics begin again, of one node or of all. */
import { del } from '../core/deletion.js';
import { refresh } from '../core/poll.js';
import { confirm } from './dialog.js';

/** Asks and does it. @param {string} path of the API's reset @param {string} what people read */
export const reset = (path, what) => confirm({
  title: `Reset the statistics of ${what}?`, action: 'Reset statistics',
  text: 'Messages stay. Counts and charts begin again at zero.', lost: ['all counted totals and the history of the charts'],
  run: () => del(path), next: refresh,
});
