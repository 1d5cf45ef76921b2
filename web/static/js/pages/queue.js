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
      actions=${html`<${RangePick} range=${range} /><a class="btn" href=${href(['messages', vhost, name])}><${Icon} name="messages" />Browse messages</a>${q && may.operate() && html`<${QueueActions} queue=${q} />`}`}>
      <${Loaded} poll=${poll}>${(queue) => html`
        ${troubles(queue).map((t) => html`<${Note} key=${t.id} tone=${t.tone} title=${t.title}>${t.next}<//>`)}
        <div class="grid two"><${QueuedChart} id="queue" object=${queue} /><${RatesChart} id="queue" stats=${queue.message_stats} /></div>
        <div class="grid two"><${Details} queue=${queue} /><${Amounts} queue=${queue} /></div>
        <${Fold} id="queue.consumers" title="Consumers" count=${queue.consumer_details?.length ?? queue.consumers} flush><${Consumers} rows=${queue.consumer_details || []} of="queue" /><//>
        <${Fold} id="queue.bindings" title="Bindings" count=${bindings.data?.length} flush><${Loaded} poll=${bindings}>${(rows) => html`<${Bindings} rows=${rows} show="from" />`}<//><//>
        ${may.operate() && html`
          <${Fold} id="queue.bind" title="Add binding to this queue" open=${false}><${BindQueue} vhost=${vhost} queue=${name} /><//>
          <${Fold} id="queue.publish" title="Publish message" open=${false}><${Publish} vhost=${vhost} exchange="" queue=${name} /><//>
          ${queue.type !== 'stream' && html`<${Fold} id="queue.get" title="Get messages" open=${false}><${GetMessages} vhost=${vhost} queue=${name} /><//>`}`}
        <${Breakdown} id="queue" parts=${[['Deliveries', queue.deliveries], ['Incoming', queue.incoming]]} />
      `}<//>
    <//>`;
}

function Details({ queue: q }) {
  const definition = q.effective_policy_definition || {};
  return html`
    <${Card} title="Details">
      <${Facts} items=${[
    ['State', html`<${State} object=${q} />`], ['Node', q.node || q.leader], ['Consumers', count(q.consumers)],
    ['Consumer capacity', typeof q.consumer_capacity === 'number' && q.consumers > 0 && html`${Math.round(q.consumer_capacity * 100)} % <span class="muted">of the time it could deliver at once</span>`],
    ['Idle since', q.idle_since && time(q.idle_since)], ['Oldest message from', q.head_message_timestamp && time(q.head_message_timestamp * 1000)],
    ['Active consumer', q.single_active_consumer_tag], ['Exclusive owner', q.owner_pid_details?.name && html`<a href=${connectionHref(q.owner_pid_details.name)}>${q.owner_pid_details.name}</a>`],
    ['Policy', q.policy && html`<${PolicyBadges} object=${{ vhost: q.vhost, policy: q.policy }} />`], ['Operator policy', q.operator_policy && html`<${PolicyBadges} object=${{ vhost: q.vhost, operator_policy: q.operator_policy }} />`],
    ['Members', q.members && html`${q.members.map((m) => html`<${Badge} tone=${(q.online || []).includes(m) ? 'ok' : 'bad'} title=${(q.online || []).includes(m) ? 'online' : 'away'}>${m}<//> `)}`], ['Open files', q.open_files && count(Object.values(q.open_files)[0])],
  ]} />
      <${Mirrors} queue=${q} />
      ${Object.keys(q.arguments || {}).length > 0 && html`<div class="stack tight"><h3>Arguments, fixed when it was declared</h3><${Explained} values=${q.arguments} /></div>`}
      ${Object.keys(definition).length > 0 && html`<div class="stack tight"><h3>Set by policies</h3><${Explained} values=${definition} /></div>`}
    <//>`;
}

const amounts = [['Messages', count, ['messages', 'messages_ready', 'messages_unacknowledged', 'messages_ram', 'messages_persistent', 'messages_dlx', 'messages_paged_out']], ['Body bytes', bytes, ['message_bytes', 'message_bytes_ready', 'message_bytes_unacknowledged', 'message_bytes_ram', 'message_bytes_persistent', 'message_bytes_dlx', 'message_bytes_paged_out']]];
const heads = ['Total', 'Ready', 'Unacked', 'In memory', 'Persistent', 'Dead-lettering', 'Paged out'];

function Amounts({ queue: q }) {
  const shown = heads.map((h, i) => [h, i]).filter(([, i]) => amounts.some(([, , keys]) => typeof q[keys[i]] === 'number'));
  return html`
    <${Card} title="Messages" flush>
      <div class="table-wrap"><table><thead><tr><th scope="col"><span class="sr">Kind</span></th>${amounts.map(([label]) => html`<th class="num" scope="col">${label}</th>`)}</tr></thead>
        <tbody>${shown.map(([h, i]) => html`<tr key=${h}><th scope="row">${h}<${Help} about=${h} /></th>${amounts.map(([, format, keys]) => html`<td class="num">${format(q[keys[i]])}</td>`)}</tr>`)}
          <tr><th scope="row">Memory of the queue itself<${Help} about="Memory of the queue itself" /></th><td></td><td class="num">${bytes(q.memory)}</td></tr></tbody></table></div>
    <//>`;
}
