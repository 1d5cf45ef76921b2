/** All connections. */
import { html } from '../core/dom.js';
import { at } from '../core/api.js';
import { connectionHref } from '../core/router.js';
import { bytes, byteRate, count, time } from '../core/format.js';
import { Page, State, Empty, Badge } from '../ui/parts.js';
import { ServerList } from '../ui/list.js';
import { usePlace } from '../ui/shell.js';

const client = (c) => [c.client_properties?.product, c.client_properties?.version].filter(Boolean).join(' ');

/** What a client calls its connection, if it does. @param {object} c */
export const nameOf = (c) => c.user_provided_name || c.client_properties?.connection_name;

const Name = ({ connection: c }) => html`
  <a class="strong clip" href=${connectionHref(c.name)}>${nameOf(c) || c.name}</a>${nameOf(c) && html`<span class="sub">${c.name}</span>`}`;

const Tls = ({ connection: c }) => (c.ssl ? html`<${Badge} tone="ok">${c.ssl_protocol || 'TLS'}<//>` : html`<span class="muted">no</span>`);

// Columns of the list; several: there is more than one virtual host.
const columns = (several) => [
  { id: 'name', label: 'Name', fixed: true, sort: 'name', cell: (c) => html`<${Name} connection=${c} />` },
  { id: 'vhost', label: 'Virtual host', on: several, sort: 'vhost', cell: (c) => html`<span class="clip">${c.vhost}</span>` },
  { id: 'user', label: 'Username', on: true, sort: 'user', cell: (c) => c.user },
  { id: 'state', label: 'State', on: true, sort: 'state', cell: (c) => html`<${State} object=${c} />` },
  { id: 'ssl', label: 'TLS', on: true, sort: 'ssl', cell: (c) => html`<${Tls} connection=${c} />` },
  { id: 'tls', label: 'TLS details', cell: (c) => [c.ssl_key_exchange, c.ssl_cipher, c.ssl_hash].filter(Boolean).join(' ') },
  { id: 'protocol', label: 'Protocol', on: true, sort: 'protocol', cell: (c) => c.protocol },
  { id: 'channels', label: 'Channels', on: true, num: true, sort: 'channels', cell: (c) => count(c.channels) },
  {
    id: 'client', label: 'Client', on: true,
    cell: (c) => html`<span class="clip">${client(c)}</span><span class="sub">${c.client_properties?.platform}</span>`,
  },
  { id: 'recv', label: 'From client', on: true, num: true, group: 'Network', sort: 'recv_oct_details.rate', cell: (c) => byteRate(c.recv_oct_details?.rate) },
  { id: 'send', label: 'To client', on: true, num: true, group: 'Network', sort: 'send_oct_details.rate', cell: (c) => byteRate(c.send_oct_details?.rate) },
  { id: 'recv_total', label: 'Received', num: true, group: 'Network', sort: 'recv_oct', cell: (c) => bytes(c.recv_oct) },
  { id: 'send_total', label: 'Sent', num: true, group: 'Network', sort: 'send_oct', cell: (c) => bytes(c.send_oct) },
  { id: 'node', label: 'Node', group: 'Details', sort: 'node', cell: (c) => c.node },
  { id: 'channel_max', label: 'Channel limit', num: true, group: 'Details', sort: 'channel_max', cell: (c) => count(c.channel_max) },
  { id: 'frame_max', label: 'Frame limit', num: true, group: 'Details', sort: 'frame_max', cell: (c) => bytes(c.frame_max) },
  { id: 'auth', label: 'Login', group: 'Details', sort: 'auth_mechanism', cell: (c) => c.auth_mechanism },
  { id: 'timeout', label: 'Heartbeat', num: true, group: 'Details', sort: 'timeout', cell: (c) => (c.timeout ? `${c.timeout} s` : 'off') },
  { id: 'connected', label: 'Connected', group: 'Details', sort: 'connected_at', cell: (c) => time(c.connected_at) },
];

const none = html`<${Empty} icon="connections" title="Nobody is connected">
  Clients connect with AMQP 0-9-1, usually on port 5672: <code>amqp://user:password@host:5672/</code>. A connection that
  ${' '}comes and goes at once is in the node’s log, with the reason.<//>`;

/** The page. */
export function Connections() {
  const { vhost, several } = usePlace();
  return html`
    <${Page} title="Connections" lead="Clients that are connected now.">
      <${ServerList} id="connections" noun="connections" path=${vhost ? at('vhosts', vhost, 'connections') : '/connections'}
        columns=${columns(several)} keyOf=${(c) => c.name} empty=${none} />
    <//>`;
}
