/** All queues, and how to add one. */
import { html } from '../core/dom.js';
import { at } from '../core/api.js';
import { may } from '../core/session.js';
import { queueHref } from '../core/router.js';
import { bytes, count, rate, rateOf } from '../core/format.js';
import { Page, State, Empty, Badge } from '../ui/parts.js';
import { Icon } from '../ui/icons.js';
import { ServerList } from '../ui/list.js';
import { Features, PolicyBadges } from '../ui/features.js';
import { ask } from '../ui/dialog.js';
import { usePlace } from '../ui/shell.js';
import { AddQueue } from './add-queue.js';

// quiet draws a zero so that other figures stand out.
const quiet = (n, format) => (n ? format(n) : html`<span class="zero">${format(n)}</span>`);

const number = (group, format) => (id, label, on) => ({ id, label, group, on, num: true, sort: id, cell: (q) => quiet(q[id], format) });
const messages = number('Messages', count);
const octets = number('Message bytes', bytes);
const speed = (key, label, on) => ({
  id: `rate_${key}`, label, on, num: true, group: 'Message rates', sort: `message_stats.${key}_details.rate`,
  cell: (q) => quiet(rateOf(q.message_stats, key), rate),
});

// mirrors tells how many copies there are besides the leader, and whether all are in step.
function Copies({ queue: q }) {
  const others = q.slave_nodes || (q.members || []).filter((n) => n !== q.leader);
  if (!others || others.length === 0) return null;
  const behind = q.slave_nodes ? others.filter((n) => !(q.synchronised_slave_nodes || []).includes(n)) : others.filter((n) => !(q.online || []).includes(n));
  const words = behind.length ? `Not in sync: ${behind.join(', ')}` : `Copies on ${others.join(', ')}`;
  return html`<${Badge} tone=${behind.length ? 'warn' : 'ok'} title=${words}>+${others.length}<//>`;
}

const percent = (share) => (typeof share === 'number' ? `${Math.round(share * 100)} %` : '–');

const columns = (several) => [
  { id: 'name', label: 'Name', fixed: true, sort: 'name', cell: (q) => html`<a class="strong clip" href=${queueHref(q.vhost, q.name)}>${q.name}</a>` },
  { id: 'vhost', label: 'Virtual host', on: several, sort: 'vhost', cell: (q) => html`<span class="clip">${q.vhost}</span>` },
  { id: 'type', label: 'Type', on: true, sort: 'type', cell: (q) => q.type },
  { id: 'features', label: 'Features', on: true, cell: (q) => html`<${Features} object=${q} />` },
  { id: 'plain', label: 'Features without policy', cell: (q) => html`<${Features} object=${q} policy=${false} />` },
  { id: 'policy', label: 'Policy', sort: 'policy', cell: (q) => html`<span class="badges"><${PolicyBadges} object=${q} /></span>` },
  { id: 'state', label: 'State', on: true, sort: 'state', cell: (q) => html`<${State} object=${q} />` },
  { id: 'node', label: 'Node', sort: 'node', cell: (q) => html`${q.node || q.leader} <${Copies} queue=${q} />` },
  { id: 'consumers', label: 'Consumers', num: true, sort: 'consumers', cell: (q) => count(q.consumers) },
  { id: 'capacity', label: 'Consumer capacity', num: true, sort: 'consumer_capacity', cell: (q) => percent(q.consumer_capacity) },
  messages('messages_ready', 'Ready', true), messages('messages_unacknowledged', 'Unacked', true), messages('messages_ram', 'In memory'),
  messages('messages_persistent', 'Persistent'), messages('messages', 'Total', true),
  octets('message_bytes_ready', 'Ready'), octets('message_bytes_unacknowledged', 'Unacked'), octets('message_bytes_ram', 'In memory'),
  octets('message_bytes_persistent', 'Persistent'), octets('message_bytes', 'Total'),
  speed('publish', 'Incoming', true), speed('deliver_get', 'Deliver / get', true), speed('redeliver', 'Redelivered', false), speed('ack', 'Ack', true),
];

/** The page. */
export function Queues() {
  const { vhost, several } = usePlace();
  const add = () => ask(AddQueue, { vhost });
  const none = html`
    <${Empty} icon="queues" title="No queues yet">
      Messages wait in queues until a consumer takes them. Clients usually declare the queues that they need;${' '}
      ${may.operate()
    ? html`you can also <button type="button" class="btn small" onClick=${add}>add one here</button>.`
    : 'your user does not add them here.'}
    <//>`;
  return html`
    <${Page} title="Queues" lead="Where messages wait for consumers."
      actions=${may.operate() && html`<button type="button" class="btn primary" onClick=${add}><${Icon} name="plus" />Add a queue</button>`}>
      <${ServerList} id="queues" noun="queues" path=${vhost ? at('queues', vhost) : '/queues'} columns=${columns(several)}
        keyOf=${(q) => `${q.vhost} ${q.name}`} empty=${none} />
    <//>`;
}
