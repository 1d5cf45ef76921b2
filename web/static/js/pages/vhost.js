/** One virtual host: how it does, who may use it, deletion. */
import { html } from '../core/dom.js';
import { at, query, post } from '../core/api.js';
import { del } from '../core/deletion.js';
import { usePoll, refresh } from '../core/poll.js';
import { go, href } from '../core/router.js';
import { plural } from '../core/format.js';
import { tagList } from '../know/users.js';
import { Page, Card, Facts, Loaded, State, Badge } from '../ui/parts.js';
import { Icon } from '../ui/icons.js';
import { useRange, RangePick } from '../ui/chart.js';
import { QueuedChart, RatesChart, DataChart } from '../ui/rates.js';
import { Permissions } from '../ui/permissions.js';
import { confirm, attempt } from '../ui/dialog.js';

const start = (vhost, node) => attempt(() => post(at('vhosts', vhost, 'start', node)), 'It is started').then(refresh);

// stateOn is the state on a node, and the button that mends it.
const stateOn = (vhost, node, state) => html`
  <${State} state=${state} /> ${state !== 'running' && html`<button type="button" class="btn small" onClick=${() => start(vhost, node)}>Restart</button>`}`;

const details = (v) => [
  ['Tracing', v.tracing ? 'on: copies of all messages go to amq.rabbitmq.trace' : 'off'],
  ['Default queue type', v.default_queue_type === 'undefined' ? 'classic' : v.default_queue_type],
  ...Object.entries(v.cluster_state || {}).map(([node, state]) => [`State on ${node}`, stateOn(v.name, node, state)]),
];

/** @param {{name: string}} props */
export function VhostPage({ name }) {
  const range = useRange('vhost');
  const path = at('vhosts', name);
  const poll = usePoll(path + query(range.params('lengths', 'msg_rates', 'data_rates')));
  const queues = usePoll(at('queues', name) + '?page=1&page_size=1&columns=name', { once: true });
  const v = poll.data;
  const remove = () => confirm({
    title: `Delete the virtual host “${name}”?`, action: 'Delete virtual host', word: name,
    lost: [
      plural(queues.data?.total_count ?? 0, 'queue'), plural(v?.messages ?? 0, 'message'),
      'all its exchanges, bindings, policies, limits and permissions', 'clients in it are disconnected',
    ],
    run: () => del(path, { parts: [at('queues', name)] }), said: `The virtual host “${name}” is deleted`, next: () => go(href(['vhosts'])),
  });
  return html`
    <${Page} title=${name} crumbs=${[['Virtual hosts', '#/vhosts']]} lead=${v?.description} tags=${tagList(v?.tags).map((t) => html`<${Badge}>${t}<//>`)}
      actions=${html`
        <${RangePick} range=${range} />
        <button type="button" class="btn danger" onClick=${remove}><${Icon} name="trash" />Delete virtual host</button>`}>
      <${Loaded} poll=${poll}>${(vhost) => html`
        <div class="grid three">
          <${QueuedChart} id="vhost" object=${vhost} /><${RatesChart} id="vhost" stats=${vhost.message_stats} /><${DataChart} id="vhost" object=${vhost} />
        </div>
        <${Card} title="Details"><${Facts} items=${details(vhost)} /><//>
        <${Permissions} of="vhost" name=${name} />
      `}<//>
    <//>`;
}
