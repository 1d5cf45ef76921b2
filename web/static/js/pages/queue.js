/** One queue: what waits, how fast it moves, who consumes, bindings, and everything that can be done with it. */
import { html } from '../core/dom.js';
import { at, query } from '../core/api.js';
import { may } from '../core/session.js';
import { usePoll } from '../core/poll.js';
import { href, connectionHref } from '../core/router.js';
import { bytes, count, time } from '../core/format.js';
import { Page, Card, Facts, Fold, Loaded, State, Badge, Note, Help } from '../ui/parts.js';
import { Icon } from '../ui/icons.js';
import { useRange, RangePick } from '../ui/chart.js';
import { QueuedChart, RatesChart } from '../ui/rates.js';
import { Features, Explained, PolicyBadges } from '../ui/features.js';
import { Bindings, BindQueue } from '../ui/bindings.js';
import { Consumers } from '../ui/consumers.js';
import { Breakdown } from '../ui/breakdown.js';
import { Publish } from '../ui/publish.js';
import { GetMessages } from '../ui/get-messages.js';
import { troubles } from '../know/troubles.js';
import { QueueActions, Mirrors } from './queue-actions.js';

/** @param {{vhost: string, name: string}} props */
export function QueuePage({ vhost, name }) {
  const range = useRange('queue');
  const path = at('queues', vhost, name);
  const poll = usePoll(path + query(range.params('lengths', 'msg_rates', 'data_rates')));
  const bindings = usePoll(`${path}/bindings`);
  const q = poll.data;
  return html`
    <${Page} title=${name} crumbs=${[['Queues', '#/queues'], [vhost, href(['queues'])]]}
      tags=${q && html`<${State} object=${q} /><${Badge}>${q.type || 'classic'}<//><${Features} object=${q} />`}
      actions=${html`<${Actions} queue=${q} vhost=${vhost} name=${name} range=${range} />`}>
      <${Loaded} poll=${poll}>${(queue) => html`
        ${troubles(queue).map((t) => html`<${Note} key=${t.id} tone=${t.tone} title=${t.title}>${t.next}<//>`)}
        <div class="grid two"><${QueuedChart} id="queue" object=${queue} /><${RatesChart} id="queue" stats=${queue.message_stats} /></div>
        <div class="grid two"><${Details} queue=${queue} /><${Amounts} queue=${queue} /></div>
        <${Fold} id="queue.consumers" title="Consumers" count=${queue.consumer_details?.length ?? queue.consumers} flush>
          <${Consumers} rows=${queue.consumer_details || []} of="queue" />
        <//>
        <${Fold} id="queue.bindings" title="Bindings" count=${bindings.data?.length} flush>
          <${Loaded} poll=${bindings}>${(rows) => html`<${Bindings} rows=${rows} show="from" />`}<//>
        <//>
        ${may.operate() && html`
          <${Fold} id="queue.bind" title="Add binding to this queue" open=${false}><${BindQueue} vhost=${vhost} queue=${name} /><//>
          <${Fold} id="queue.publish" title="Publish message" open=${false}><${Publish} vhost=${vhost} exchange="" queue=${name} /><//>
          ${queue.type !== 'stream' && html`
            <${Fold} id="queue.get" title="Get messages" open=${false}><${GetMessages} vhost=${vhost} queue=${name} /><//>`}`}
        <${Breakdown} id="queue" parts=${[['Deliveries', queue.deliveries], ['Incoming', queue.incoming]]} />
      `}<//>
    <//>`;
}

const Actions = ({ queue, vhost, name, range }) => html`
  <${RangePick} range=${range} />
  <a class="btn" href=${href(['messages', vhost, name])}><${Icon} name="messages" />Browse messages</a>
  ${queue && may.operate() && html`<${QueueActions} queue=${queue} />`}`;

// Members are the nodes that keep a copy, and whether they are there.
const Members = ({ queue: q }) => q.members.map((m) => {
  const there = (q.online || []).includes(m);
  return html`<${Badge} tone=${there ? 'ok' : 'bad'} title=${there ? 'online' : 'away'}>${m}<//> `;
});

const capacity = (q) => typeof q.consumer_capacity === 'number' && q.consumers > 0
  && html`${Math.round(q.consumer_capacity * 100)} % <span class="muted">of the time it could deliver at once</span>`;

const facts = (q) => [
  ['State', html`<${State} object=${q} />`],
  ['Node', q.node || q.leader],
  ['Consumers', count(q.consumers)],
  ['Consumer capacity', capacity(q)],
  ['Idle since', q.idle_since && time(q.idle_since)],
  ['Oldest message from', q.head_message_timestamp && time(q.head_message_timestamp * 1000)],
  ['Active consumer', q.single_active_consumer_tag],
  ['Exclusive owner', q.owner_pid_details?.name && html`<a href=${connectionHref(q.owner_pid_details.name)}>${q.owner_pid_details.name}</a>`],
  ['Policy', q.policy && html`<${PolicyBadges} object=${{ vhost: q.vhost, policy: q.policy }} />`],
  ['Operator policy', q.operator_policy && html`<${PolicyBadges} object=${{ vhost: q.vhost, operator_policy: q.operator_policy }} />`],
  ['Members', q.members && html`<${Members} queue=${q} />`],
  ['Open files', q.open_files && count(Object.values(q.open_files)[0])],
];

function Details({ queue: q }) {
  return html`
    <${Card} title="Details">
      <${Facts} items=${facts(q)} />
      <${Mirrors} queue=${q} />
      <${Settings} title="Arguments, fixed when it was declared" values=${q.arguments} />
      <${Settings} title="Set by policies" values=${q.effective_policy_definition} />
    <//>`;
}

const Settings = ({ title, values }) => Object.keys(values || {}).length > 0 && html`
  <div class="stack tight"><h3>${title}</h3><${Explained} values=${values} /></div>`;

// What is counted, and the keys of its messages and their octets.
const amounts = [
  ['Total', 'messages', 'message_bytes'],
  ['Ready', 'messages_ready', 'message_bytes_ready'],
  ['Ready in memory', 'messages_ready_ram'],
  ['Unacked', 'messages_unacknowledged', 'message_bytes_unacknowledged'],
  ['In memory', 'messages_ram', 'message_bytes_ram'],
  ['Persistent', 'messages_persistent', 'message_bytes_persistent'],
  ['Dead-lettering', 'messages_dlx', 'message_bytes_dlx'],
  ['Paged out', 'messages_paged_out', 'message_bytes_paged_out'],
];

function Amounts({ queue: q }) {
  const shown = amounts.filter(([, ...keys]) => keys.some((k) => typeof q[k] === 'number'));
  return html`
    <${Card} title="Messages" flush>
      <div class="table-wrap">
        <table>
          <thead><tr>
            <th scope="col"><span class="sr">Kind</span></th><th class="num" scope="col">Messages</th><th class="num" scope="col">Body bytes</th>
          </tr></thead>
          <tbody>
            ${shown.map(([title, messages, octets]) => html`
              <tr key=${title}>
                <th scope="row">${title}<${Help} about=${title} /></th><td class="num">${count(q[messages])}</td><td class="num">${octets && bytes(q[octets])}</td>
              </tr>`)}
            <tr>
              <th scope="row">Memory of the queue itself<${Help} about="Memory of the queue itself" /></th><td></td><td class="num">${bytes(q.memory)}</td>
            </tr>
          </tbody>
        </table>
      </div>
    <//>`;
}
