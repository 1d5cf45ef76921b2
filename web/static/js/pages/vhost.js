/** One virtual host: how it does, who may use it, deletion. */
import { html } from '../core/dom.js';
import { at, query, del, post } from '../core/api.js';
import { usePoll, refresh } from '../core/poll.js';
import { go, href } from '../core/router.js';
import { plural } from '../core/format.js';
import { tagList } from '../know/tags.js';
import { Page, Card, Facts, Loaded, State, Badge } from '../ui/parts.js';
import { Icon } from '../ui/icons.js';
import { useRange, RangePick } from '../ui/chart.js';
import { QueuedChart, RatesChart, DataChart } from '../ui/rates.js';
import { Permissions } from '../ui/permissions.js';
import { confirm, say, attempt } from '../ui/dialog.js';

/** @param {{name: string}} props */
export function VhostPage({ name }) {
  const range = useRange('vhost');
  const path = at('vhosts', name);
  const poll = usePoll(path + query(range.params('lengths', 'msg_rates', 'data_rates')));
  const queues = usePoll(at('queues', name) + '?page=1&page_size=1&columns=name', { once: true });
  const v = poll.data;
  const remove = () => confirm({
    title: `Delete the virtual host “${name}”?`, action: 'Delete virtual host', word: name, run: () => del(path),
    lost: [plural(queues.data?.total_count ?? 0, 'queue'), plural(v?.messages ?? 0, 'message'), 'all its exchanges, bindings, policies, limits and permissions', 'clients in it are disconnected'],
  }).then((done) => { if (done) { say(`The virtual host “${name}” is deleted`); go(href(['vhosts'])); } });
  return html`
    <${Page} title=${name} crumbs=${[['Virtual hosts', '#/vhosts']]} lead=${v?.description} tags=${tagList(v?.tags).map((t) => html`<${Badge}>${t}<//>`)}
      actions=${html`<${RangePick} range=${range} /><button type="button" class="btn danger" onClick=${remove}><${Icon} name="trash" />Delete virtual host</button>`}>
      <${Loaded} poll=${poll}>${(vhost) => html`
        <div class="grid three"><${QueuedChart} id="vhost" object=${vhost} /><${RatesChart} id="vhost" stats=${vhost.message_stats} /><${DataChart} id="vhost" object=${vhost} /></div>
        <${Card} title="Details"><${Facts} items=${[
    ['Tracing', vhost.tracing ? 'on: copies of all messages go to amq.rabbitmq.trace' : 'off'], ['Default queue type', vhost.default_queue_type === 'undefined' ? 'classic' : vhost.default_queue_type],
    ...Object.entries(vhost.cluster_state || {}).map(([node, state]) => [`State on ${node}`, html`<${State} state=${state} /> ${state !== 'running' && html`<button type="button" class="btn small" onClick=${() => attempt(() => post(`${path}/start/${encodeURIComponent(node)}`), 'It is started').then(refresh)}>Restart</button>`}`]),
  ]} /><//>
        <${Permissions} of="vhost" name=${name} />
      `}<//>
    <//>`;
}
