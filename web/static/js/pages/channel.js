/** One channel: its rates, what it waits for, its consumers. */
import { html } from '../core/dom.js';
import { at, query } from '../core/api.js';
import { usePoll } from '../core/poll.js';
import { connectionHref } from '../core/router.js';
import { count } from '../core/format.js';
import { Page, Card, Facts, Fold, Loaded, State, Note } from '../ui/parts.js';
import { useRange, RangePick } from '../ui/chart.js';
import { RatesChart } from '../ui/rates.js';
import { Consumers } from '../ui/consumers.js';
import { Breakdown } from '../ui/breakdown.js';
import { prefetch } from './channels.js';

const crumbs = [['Channels', '#/channels']];

/** @param {{name: string}} props */
export function ChannelPage({ name }) {
  const range = useRange('channel');
  const poll = usePoll(at('channels', name) + query(range.params('msg_rates', 'data_rates')));
  const c = poll.data;
  const connection = c?.connection_details?.name;
  return html`
    <${Page} title=${name} crumbs=${connection ? [...crumbs, [connection, connectionHref(connection)]] : crumbs}
      tags=${c && html`<${State} object=${c} />`} actions=${html`<${RangePick} range=${range} />`}>
      <${Loaded} poll=${poll}>${(ch) => html`
        ${ch.state === 'flow' && html`
          <${Note} tone="warn" title="This channel is held back">
            It publishes faster than the broker can store, so the broker reads from it more slowly. That is how it should be; it ends by itself.
          <//>`}
        <div class="grid two">
          <${RatesChart} id="channel" stats=${ch.message_stats} />
          <${Card} title="Details"><${Facts} items=${details(ch, connection)} /><//>
        </div>
        <${Fold} id="channel.consumers" title="Consumers" count=${ch.consumer_details?.length || 0} flush>
          <${Consumers} rows=${ch.consumer_details || []} of="channel" />
        <//>
        <${Breakdown} id="channel" parts=${[['Publishes', ch.publishes], ['Deliveries', ch.deliveries]]} />
      `}<//>
    <//>`;
}

const details = (c, connection) => [
  ['Connection', connection && html`<a href=${connectionHref(connection)}>${connection}</a>`],
  ['Username', c.user], ['Virtual host', c.vhost], ['Node', c.node], ['Number', c.number],
  ['Mode', c.confirm ? 'publishes are confirmed' : c.transactional ? 'transactional' : 'plain'], ['Prefetch', prefetch(c)],
  ['Unacknowledged', `${count(c.messages_unacknowledged)} delivered messages`], ['Unconfirmed', `${count(c.messages_unconfirmed)} published messages`],
  ['Uncommitted', c.transactional && `${count(c.messages_uncommitted)} messages, ${count(c.acks_uncommitted)} acks`],
];
