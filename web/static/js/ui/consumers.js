/** A table of consumers, for queues and for channels. */
import { html, cx } from '../core/dom.js';
import { channelHref, queueHref } from '../core/router.js';
import { count } from '../core/format.js';
import { SmallTable } from './table.js';
import { Empty, State } from './parts.js';

const yes = (v) => (v ? 'yes' : html`<span class="muted">no</span>`);

const link = (name, to, strong) => html`<a class=${cx('clip', strong && 'strong')} href=${to}>${name}</a>`;

const columns = (of) => [
  of === 'queue'
    ? { id: 'channel', label: 'Channel', cell: ({ channel_details: c }) => c?.name && link(c.name, channelHref(c.name)) }
    : { id: 'queue', label: 'Queue', by: (c) => c.queue?.name, cell: ({ queue: q }) => q && link(q.name, queueHref(q.vhost, q.name), true) },
  { id: 'tag', label: 'Consumer tag', by: (c) => c.consumer_tag, cell: (c) => html`<span class="clip mono">${c.consumer_tag}</span>` },
  { id: 'ack', label: 'Ack required', cell: (c) => yes(c.ack_required) },
  { id: 'exclusive', label: 'Exclusive', cell: (c) => yes(c.exclusive) },
  { id: 'prefetch', label: 'Prefetch', num: true, by: (c) => c.prefetch_count, cell: (c) => (c.prefetch_count ? count(c.prefetch_count) : 'unlimited') },
  { id: 'active', label: 'Activity', cell: (c) => html`<${State} state=${c.activity_status || (c.active ? 'up' : 'waiting')} />` },
  { id: 'user', label: 'Username', cell: (c) => c.channel_details?.user },
  { id: 'arguments', label: 'Arguments', cell: (c) => Object.entries(c.arguments || {}).map(([k, v]) => html`<code>${k}: ${JSON.stringify(v)}</code> `) },
];

const nobody = {
  queue: 'Nobody takes messages from this queue, so they wait. A client consumes with basic.consume and this queue’s name.',
  channel: 'This channel does not consume.',
};

/** @param {{rows: object[], of: 'queue'|'channel'}} props */
export const Consumers = ({ rows, of }) => html`
  <${SmallTable} label="Consumers" columns=${columns(of)} rows=${rows} keyOf=${(c) => `${c.channel_details?.name} ${c.consumer_tag} ${c.queue?.name}`}
    empty=${html`<${Empty} icon="user" title="No consumers">${nobody[of]}<//>`} />`;
