/** Messages: choose a queue to look inside, and see what is being moved. */
import { html } from '../core/dom.js';
import { at } from '../core/api.js';
import { href } from '../core/router.js';
import { bytes, count } from '../core/format.js';
import { Page, Empty } from '../ui/parts.js';
import { ServerList } from '../ui/list.js';
import { Transfers } from '../ui/transfers.js';
import { usePlace } from '../ui/shell.js';

const link = (q) => html`<a class="strong clip" href=${href(['messages', q.vhost, q.name])}>${q.name}</a>`;

const columns = (several) => [
  { id: 'name', label: 'Queue', fixed: true, sort: 'name', cell: link },
  { id: 'vhost', label: 'Virtual host', on: several, sort: 'vhost', cell: (q) => q.vhost },
  { id: 'type', label: 'Type', on: true, sort: 'type', cell: (q) => q.type },
  { id: 'ready', label: 'Ready', on: true, num: true, sort: 'messages_ready', cell: (q) => count(q.messages_ready) },
  { id: 'unacked', label: 'Unacked', on: true, num: true, sort: 'messages_unacknowledged', cell: (q) => count(q.messages_unacknowledged) },
  { id: 'bytes', label: 'Body bytes', on: true, num: true, sort: 'message_bytes', cell: (q) => bytes(q.message_bytes) },
  { id: 'consumers', label: 'Consumers', on: true, num: true, sort: 'consumers', cell: (q) => count(q.consumers) },
];

const lead = 'Look inside a queue without taking anything out, search it, and move, copy or send back what is in it. The fullest queues come first.';

/** The page. */
export function Messages() {
  const { vhost, several } = usePlace();
  return html`
    <${Page} title="Messages" lead=${lead}>
      <${Transfers} />
      <${ServerList} id="messages" noun="queues" path=${vhost ? at('queues', vhost) : '/queues'} columns=${columns(several)}
        keyOf=${(q) => `${q.vhost} ${q.name}`} first="messages_ready"
        empty=${html`<${Empty} icon="messages" title="No queues yet">Messages wait in queues; there is none.<//>`} />
    <//>`;
}
