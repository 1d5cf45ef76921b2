/** One connection: what it is, how much it carries, its channels, and how to close it. */
import { html, useState } from '../core/dom.js';
import { at, query } from '../core/api.js';
import { del } from '../core/deletion.js';
import { may } from '../core/session.js';
import { usePoll } from '../core/poll.js';
import { go, href } from '../core/router.js';
import { bytes, count, time, plural } from '../core/format.js';
import { Page, Card, Fold, Facts, Loaded, State, Empty } from '../ui/parts.js';
import { SmallTable } from '../ui/table.js';
import { useRange, RangePick } from '../ui/chart.js';
import { DataChart } from '../ui/rates.js';
import { Form, Field } from '../ui/forms.js';
import { confirm } from '../ui/dialog.js';
import { channelColumns } from './channels.js';
import { nameOf } from './connections.js';

const crumbs = [['Connections', '#/connections']];

/** @param {{name: string}} props */
export function ConnectionPage({ name }) {
  const range = useRange('connection');
  const poll = usePoll(at('connections', name) + query(range.params('data_rates')));
  const c = poll.data;
  const title = (c && nameOf(c)) || name;
  return html`
    <${Page} title=${title} crumbs=${crumbs} tags=${c && html`<${State} object=${c} />`}
      lead=${title !== name ? name : undefined} actions=${html`<${RangePick} range=${range} />`}>
      <${Loaded} poll=${poll}>${(conn) => html`
        <div class="grid two">
          <${DataChart} id="connection" object=${conn} />
          <${Card} title="Details"><${Facts} items=${details(conn)} /><//>
        </div>
        <${Channels} name=${name} />
        ${conn.ssl && html`<${Fold} id="connection.tls" title="TLS"><${Facts} items=${tls(conn)} /><//>`}
        <${Fold} id="connection.client" title="Client properties"><${Properties} values=${conn.client_properties || {}} /><//>
        ${may.closeConnectionOf(conn.user) && html`<${Close} connection=${conn} title=${title} />`}
      `}<//>
    <//>`;
}

const details = (c) => [
  ['Username', c.user], ['Virtual host', c.vhost], ['Node', c.node], ['Protocol', c.protocol],
  ['Client-provided name', nameOf(c)],
  ['Connected', time(c.connected_at)],
  ['TLS', c.ssl ? 'yes' : 'no'],
  ['Login', c.auth_mechanism],
  ['Heartbeat', c.timeout ? `every ${c.timeout} s` : 'off'],
  ['Frame limit', bytes(c.frame_max)],
  ['Channel limit', `${count(c.channel_max)} channels`],
  ['Received', `${bytes(c.recv_oct)} in ${plural(c.recv_cnt, 'packet')}`],
  ['Sent', `${bytes(c.send_oct)} in ${plural(c.send_cnt, 'packet')}`],
  ['Waiting to be sent', c.send_pend ? bytes(c.send_pend) : ''],
];

const tls = (c) => [
  ['Version', c.ssl_protocol], ['Key exchange', c.ssl_key_exchange], ['Cipher', c.ssl_cipher], ['Hash', c.ssl_hash],
  ['Certificate of', c.peer_cert_subject], ['Issued by', c.peer_cert_issuer], ['Valid', c.peer_cert_validity],
];

// Properties is a nested table.
const Properties = ({ values }) => html`
  <dl class="facts rows">${Object.entries(values).map(([k, v]) => html`
    <div key=${k}><dt>${k}</dt><dd>${v && typeof v === 'object' ? html`<${Properties} values=${v} />` : String(v)}</dd></div>`)}</dl>`;

const usual = channelColumns(false).filter((c) => c.on || c.fixed);

function Channels({ name }) {
  const poll = usePoll(at('connections', name, 'channels'));
  const none = html`
    <${Empty} icon="channels" title="No channel is open">A client opens a channel before it does anything. This one is connected, and idle.<//>`;
  return html`
    <${Fold} id="connection.channels" title="Channels" count=${poll.data?.length} flush>
      <${Loaded} poll=${poll}>${(rows) => html`<${SmallTable} label="Channels" columns=${usual} rows=${rows} keyOf=${(x) => x.name} empty=${none} />`}<//>
    <//>`;
}

const usualReason = 'Closed via management plugin'; // as RabbitMQ's console says

function Close({ connection: c, title }) {
  const [reason, setReason] = useState('');
  const close = () => confirm({
    title: `Close the connection of ${title}?`, action: 'Force close',
    text: 'The client is told the reason. Most clients connect again at once; to keep one out, change its user or permissions.',
    lost: [plural(c.channels || 0, 'channel'), 'exclusive queues of this connection, with their messages', 'unacknowledged messages go back to their queues'],
    run: () => del(at('connections', c.name), { headers: { 'X-Reason': header(reason) || usualReason } }),
    said: 'The connection is closed', next: () => go(href(['connections'])),
  });
  return html`
    <${Fold} id="connection.close" title="Close this connection">
      <${Form} send=${close} button="Force close" danger>
        <${Field} label="Reason" value=${reason} set=${setReason} placeholder=${usualReason} hint="The client sees this text." wide />
      <//>
    <//>`;
}

// A header field takes only what fits into Latin-1.
const header = (text) => text.replace(/[^\x20-\x7e\xa0-\xff]/g, '?').trim();
