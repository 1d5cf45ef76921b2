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

const number = (id, label, group, on, format = count) => ({ id, label, group, on, num: true, sort: id, cell: (q) => (q[id] === 0 ? html`<span class="zero">0</span>` : format(q[id])) });
const speed = (key, label, on) => ({ id: `rate_${key}`, label, on, num: true, group: 'Message rates', sort: `message_stats.${key}_details.rate`, cell: (q) => { const r = rateOf(q.message_stats, key); return r ? rate(r) : html`<span class="zero">${rate(r)}</span>`; } });

// mirrors tells how many copies there are besides the leader, and whether all are in step.
function Copies({ queue: q }) {
  const others = q.slave_nodes || (q.members || []).filter((n) => n !== q.leader);
  if (!others || others.length === 0) return null;
  const behind = q.slave_nodes ? others.filter((n) => !(q.synchronised_slave_nodes || []).includes(n)) : others.filter((n) => !(q.online || []).includes(n));
  return html`<${Badge} tone=${behind.length ? 'warn' : 'ok'} title=${behind.length ? `Not in sync: ${behind.join(', ')}` : `Copies on ${others.join(', ')}`}>+${others.length}<//>`;
}

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
  { id: 'capacity', label: 'Consumer capacity', num: true, sort: 'consumer_capacity', cell: (q) => (typeof q.consumer_capacity === 'number' ? `${Math.round(q.consumer_capacity * 100)} %` : '–') },
  number('messages_ready', 'Ready', 'Messages', true), number('messages_unacknowledged', 'Unacked', 'Messages', true), number('messages_ram', 'In memory', 'Messages', false), number('messages_persistent', 'Persistent', 'Messages', false), number('messages', 'Total', 'Messages', true),
  number('message_bytes_ready', 'Ready', 'Message bytes', false, bytes), number('message_bytes_unacknowledged', 'Unacked', 'Message bytes', false, bytes), number('message_bytes_ram', 'In memory', 'Message bytes', false, bytes), number('message_bytes_persistent', 'Persistent', 'Message bytes', false, bytes), number('message_bytes', 'Total', 'Message bytes', false, bytes),
  speed('publish', 'Incoming', true), speed('deliver_get', 'Deliver / get', true), speed('redeliver', 'Redelivered', false), speed('ack', 'Ack', true),
];

/** The page. */
export function Queues() {
  const { vhost, several } = usePlace();
  const add = () => ask(AddQueue, { vhost });
  const none = html`<${Empty} icon="queues" title="No queues yet">
    Messages wait in queues until a consumer takes them. Clients usually declare the queues that they need;${may.operate() ? html` you can also <button type="button" class="btn small" onClick=${add}>add one here</button>.` : ' your user does not add them here.'}<//>`;
  return html`
    <${Page} title="Queues" lead="Where messages wait for consumers."
      actions=${may.operate() && html`<button type="button" class="btn primary" onClick=${add}><${Icon} name="plus" />Add a queue</button>`}>
      <${ServerList} id="queues" noun="queues" path=${vhost ? at('queues', vhost) : '/queues'} columns=${columns(several)} keyOf=${(q) => `${q.vhost} ${q.name}`} empty=${none} />
    <//>`;
}
