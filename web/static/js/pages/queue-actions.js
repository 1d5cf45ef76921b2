/** What changes a queue as a whole: purge, delete, synchronise. */
import { html } from '../core/dom.js';
import { at, post } from '../core/api.js';
import { del } from '../core/deletion.js';
import { may } from '../core/session.js';
import { refresh } from '../core/poll.js';
import { go, href } from '../core/router.js';
import { plural, count } from '../core/format.js';
import { Icon } from '../ui/icons.js';
import { Badge } from '../ui/parts.js';
import { confirm, attempt } from '../ui/dialog.js';

const where = (q) => at('queues', q.vhost, q.name);

function purge(q) {
  return confirm({
    title: `Purge the queue “${q.name}”?`, action: 'Purge messages',
    text: 'Messages that consumers hold unacknowledged stay. Purged messages are not dead-lettered.',
    lost: [plural(q.messages_ready ?? 0, 'ready message')],
    run: () => del(`${where(q)}/contents`), said: `The queue “${q.name}” is empty`, next: refresh,
  });
}

function remove(q) {
  const lost = [`the queue “${q.name}” in the virtual host “${q.vhost}”`, plural(q.messages ?? 0, 'message'), 'its bindings'];
  if (q.consumers > 0) lost.push(`${plural(q.consumers, 'consumer')} will be cancelled`);
  return confirm({
    title: `Delete the queue “${q.name}”?`, action: 'Delete queue', lost, word: q.messages > 1000 ? q.name : undefined,
    run: () => del(where(q)), said: `The queue “${q.name}” is deleted`, next: () => go(href(['queues'])),
  });
}

/** Buttons for the head of a queue's page. @param {{queue: object}} props */
export const QueueActions = ({ queue: q }) => html`
  ${q.type !== 'stream' && html`<button type="button" class="btn danger" onClick=${() => purge(q)}>Purge messages</button>`}
  <button type="button" class="btn danger" onClick=${() => remove(q)}><${Icon} name="trash" />Delete queue</button>`;

const act = (q, action, done) => attempt(() => post(`${where(q)}/actions`, { action }), done).then(refresh);

/** Copies of a mirrored queue, which are in step, and the buttons to make them so. @param {{queue: object}} props */
export function Mirrors({ queue: q }) {
  const mirrors = q.slave_nodes || [];
  if (mirrors.length === 0) return null;
  const synced = q.synchronised_slave_nodes || [];
  const behind = mirrors.filter((n) => !synced.includes(n));
  const syncing = q.state === 'syncing' || q.sync_messages !== undefined;
  return html`
    <div class="stack tight"><h3>Mirrors</h3>
      <p class="row">${mirrors.map((n) => html`
        <${Badge} key=${n} tone=${synced.includes(n) ? 'ok' : 'warn'}>${n} ${synced.includes(n) ? 'in sync' : 'not in sync'}<//>`)}</p>
      ${syncing && html`<p class="muted">${count(q.sync_messages)} of ${count(q.messages)} messages copied.</p>`}
      ${may.administer() && behind.length > 0 && (syncing
    ? html`<p><button type="button" class="btn small" onClick=${() => act(q, 'cancel_sync', 'Synchronising is stopped')}>Cancel</button></p>`
    : html`<p><button type="button" class="btn small" onClick=${() => act(q, 'sync', 'Synchronising has begun')}>Synchronise</button></p>`)}
    </div>`;
}
