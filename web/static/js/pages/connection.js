/** One connection: what it is, how much it carries, its channels, and how to close it. */
import { html, useState } from '../core/dom.js';
import { at, query, del } from '../core/api.js';
import { may } from '../core/session.js';
import { usePoll } from '../core/poll.js';
import { go, href } from '../core/router.js';
import { bytes, count, time, plural } from '../core/format.js';
import { Page, Card, Fold, Facts, Loaded, State, Empty } from '../ui/parts.js';
import { SmallTable } from '../ui/table.js';
import { useRange, RangePick } from '../ui/chart.js';
import { DataChart } from '../ui/rates.js';
import { Form, Field } from '../ui/forms.js';
import { confirm, say } from '../ui/dialog.js';
import { channelColumns } from './channels.js';

const crumbs = [['Connections', '#/connections']];

/** @param {{name: string}} props */
export function ConnectionPage({ name }) {
  const range = useRange('connection');
  const poll = usePoll(at('connections', name) + query(range.params('data_rates')));
  const c = poll.data;
  const title = c?.user_provided_name || c?.client_properties?.connection_name || name;
  return html`
    <${Page} title=${title} name=${title} crumbs=${crumbs} tags=${c && html`<${State} object=${c} />`} lead=${title !== name ? name : undefined} actions=${html`<${RangePick} range=${range} />`}>
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
  ['Username', c.user], ['Virtual host', c.vhost], ['Node', c.node], ['Protocol', c.protocol], ['Client-provided name', c.user_provided_name || c.client_properties?.connection_name], ['Connected', time(c.connected_at)], ['TLS', c.ssl ? 'yes' : 'no'],
  ['Login', c.auth_mechanism], ['Heartbeat', c.timeout ? `every ${c.timeout} s` : 'off'], ['Frame limit', bytes(c.frame_max)], ['Channel limit', `${count(c.channel_max)} channels`],
  ['Received', `${bytes(c.recv_oct)} in ${plural(c.recv_cnt, 'packet')}`], ['Sent', `${bytes(c.send_oct)} in ${plural(c.send_cnt, 'packet')}`], ['Waiting to be sent', c.send_pend ? bytes(c.send_pend) : ''],
];

const tls = (c) => [['Version', c.ssl_protocol], ['Key exchange', c.ssl_key_exchange], ['Cipher', c.ssl_cipher], ['Hash', c.ssl_hash], ['Certificate of', c.peer_cert_subject], ['Issued by', c.peer_cert_issuer], ['Valid', c.peer_cert_validity]];

/** A nested table of properties. @param {{values: object}} props */
export const Properties = ({ values }) => html`
  <dl class="facts rows">${Object.entries(values).map(([k, v]) => html`<div key=${k}><dt>${k}</dt><dd>${v && typeof v === 'object' ? html`<${Properties} values=${v} />` : String(v)}</dd></div>`)}</dl>`;

function Channels({ name }) {
  const poll = usePoll(at('connections', name, 'channels'));
  const none = html`<${Empty} icon="channels" title="No channel is open">A client opens a channel before it does anything. This one is connected, and idle.<//>`;
  return html`
    <${Fold} id="connection.channels" title="Channels" count=${poll.data?.length} flush>
      <${Loaded} poll=${poll}>${(rows) => html`<${SmallTable} label="Channels" columns=${channelColumns(false).filter((x) => x.on || x.fixed)} rows=${rows} keyOf=${(x) => x.name} empty=${none} />`}<//>
    <//>`;
}

function Close({ connection: c, title }) {
  const [reason, setReason] = useState('');
  const close = async () => {
    const done = await confirm({
      title: `Close the connection of ${title}?`, text: 'The client is told the reason. Most clients connect again at once; to keep one out, change its user or permissions.',
      lost: [plural(c.channels || 0, 'channel'), 'exclusive queues of this connection, with their messages', 'unacknowledged messages go back to their queues'], action: 'Force close',
      run: () => del(at('connections', c.name), { headers: { 'X-Reason': header(reason) || 'Closed via management plugin' } }),
    });
    if (done) {
      say('The connection is closed');
      go(href(['connections']));
    }
  };
  return html`
    <${Fold} id="connection.close" title="Close this connection"><${Form} send=${close} button="Force close" danger><${Field} label="Reason" value=${reason} set=${setReason} placeholder="Closed via management plugin" hint="The client sees this text." wide /><//><//>`;
}

// A header field takes only what fits into Latin-1.
const header = (text) => text.replace(/[^\x20-\x7e\xa0-\xff]/g, '?').trim();
