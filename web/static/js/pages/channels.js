/** All channels. */
import { html } from '../core/dom.js';
import { at } from '../core/api.js';
import { channelHref } from '../core/router.js';
import { count, rate, rateOf } from '../core/format.js';
import { Page, State, Empty, Badge } from '../ui/parts.js';
import { ServerList } from '../ui/list.js';
import { usePlace } from '../ui/shell.js';

const figure = (id, label, on, extra) => ({ id, label, on, num: true, sort: id, cell: (c) => count(c[id]), ...extra });
const speed = (key, label, on) => ({
  id: key, label, on, num: true, group: 'Message rates', sort: `message_stats.${key}_details.rate`, cell: (c) => rate(rateOf(c.message_stats, key)),
});

/** Prefetch as people read it. @param {object} c a channel */
export function prefetch({ prefetch_count: own, global_prefetch_count: all }) {
  return [own && count(own), all && `${count(all)} (global)`].filter(Boolean).join(', ') || 'unlimited';
}

// Mode says how a channel publishes, in one letter.
const Mode = ({ channel: c }) => html`
  <span class="badges">
    ${c.confirm && html`<${Badge} title="Publishes are confirmed">C<//>`}
    ${c.transactional && html`<${Badge} title="Transactional">T<//>`}
  </span>`;

/** Columns of a list of channels. @param {boolean} several whether there is more than one virtual host */
export const channelColumns = (several) => [
  { id: 'name', label: 'Channel', fixed: true, sort: 'name', cell: (c) => html`<a class="strong clip" href=${channelHref(c.name)}>${c.name}</a>` },
  { id: 'vhost', label: 'Virtual host', on: several, sort: 'vhost', cell: (c) => html`<span class="clip">${c.vhost}</span>` },
  { id: 'user', label: 'Username', on: true, sort: 'user', cell: (c) => c.user },
  { id: 'node', label: 'Node', sort: 'node', cell: (c) => c.node },
  { id: 'mode', label: 'Mode', on: true, cell: (c) => html`<${Mode} channel=${c} />` },
  { id: 'state', label: 'State', on: true, sort: 'state', cell: (c) => html`<${State} object=${c} />` },
  { id: 'consumers', label: 'Consumers', num: true, on: true, sort: 'consumer_count', cell: (c) => count(c.consumer_count) },
  figure('messages_unconfirmed', 'Unconfirmed', true),
  { id: 'prefetch', label: 'Prefetch', on: true, num: true, sort: 'prefetch_count', cell: prefetch },
  figure('messages_unacknowledged', 'Unacked', true),
  figure('messages_uncommitted', 'Uncommitted', false), figure('acks_uncommitted', 'Uncommitted acks', false),
  speed('publish', 'Publish', true), speed('confirm', 'Confirm', true),
  speed('drop_unroutable', 'Unroutable (drop)', true), speed('return_unroutable', 'Unroutable (return)', false),
  speed('deliver_get', 'Deliver / get', true), speed('redeliver', 'Redelivered', false), speed('ack', 'Ack', true),
];

const none = html`
  <${Empty} icon="channels" title="No channel is open">
    A channel is a conversation inside a connection; publishing and consuming happen on channels.
  <//>`;

/** The page. */
export function Channels() {
  const { vhost, several } = usePlace();
  return html`
    <${Page} title="Channels" lead="Conversations inside connections, on which clients publish and consume.">
      <${ServerList} id="channels" noun="channels" path=${vhost ? at('vhosts', vhost, 'channels') : '/channels'}
        columns=${channelColumns(several)} keyOf=${(c) => c.name} empty=${none} />
    <//>`;
}
