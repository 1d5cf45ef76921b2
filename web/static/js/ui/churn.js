/** How often connections, channels and queues come and go. */
import { html } from '../core/dom.js';
import { rate } from '../core/format.js';
import { Chart } from './chart.js';
import { Fold } from './parts.js';
import { speed } from './rates.js';

const churn = [
  ['Connection operations', [['connection_created', 'Created'], ['connection_closed', 'Closed']]],
  ['Channel operations', [['channel_created', 'Created'], ['channel_closed', 'Closed']]],
  ['Queue operations', [['queue_declared', 'Declared'], ['queue_created', 'Created'], ['queue_deleted', 'Deleted']]],
];

/** @param {{rates: object}} props what the API calls churn_rates; nodes have the same keys */
export function Churn({ rates }) {
  return html`
    <${Fold} id="churn" title="Churn" open=${false}>
      <p class="muted">
        How often connections, channels and queues come and go. Steady churn of hundreds a second means that a client opens a connection for each message.
      </p>
      <div class="grid three">${churn.map(([title, keys]) => html`
        <${Chart} key=${title} id=${`churn.${title}`} title=${title} format=${rate} series=${keys.map(([k, label]) => speed(rates, k, label))} />`)}</div>
    <//>`;
}
