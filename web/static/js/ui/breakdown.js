/** Message rates by peer, which the API tells when it counts in detail. */
import { html } from '../core/dom.js';
import { channelHref, exchangeHref, queueHref } from '../core/router.js';
import { rate, rateOf, exchangeLabel } from '../core/format.js';
import { SmallTable } from './table.js';
import { Card, Fold } from './parts.js';

function Peer({ row }) {
  if (row.channel_details?.name) return html`<a class="clip" href=${channelHref(row.channel_details.name)}>${row.channel_details.name}</a>`;
  if (row.queue) return html`<a class="clip" href=${queueHref(row.queue.vhost, row.queue.name)}>${row.queue.name}</a>`;
  if (row.exchange) return html`<a class="clip" href=${exchangeHref(row.exchange.vhost, row.exchange.name)}>${exchangeLabel(row.exchange.name)}</a>`;
  return '';
}

const kinds = { publish: 'Publish', confirm: 'Confirm', deliver_get: 'Deliver / get', ack: 'Ack' };

const columns = [
  { id: 'peer', label: 'With', cell: (r) => html`<${Peer} row=${r} />` },
  ...Object.entries(kinds).map(([k, label]) => ({ id: k, label, num: true, cell: (r) => rate(rateOf(r.stats, k)) })),
];

/** @param {{id: string, parts: [string, object[]|undefined][]}} props shown only where there is something */
export function Breakdown({ id, parts }) {
  const there = parts.filter(([, rows]) => rows?.length > 0);
  return there.length > 0 && html`
    <${Fold} id=${`${id}.breakdown`} title="Rates in detail" open=${false}>
      <div class="grid two">${there.map(([title, rows]) => html`
        <${Card} key=${title} title=${title} flush>
          <${SmallTable} label=${title} columns=${columns} rows=${rows} keyOf=${(r) => JSON.stringify([r.channel_details?.name, r.queue, r.exchange])} />
        <//>`)}
      </div>
    <//>`;
}
