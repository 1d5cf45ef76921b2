/** The first page: what is wrong, totals, rates, nodes, churn, ports. */
import { html } from '../core/dom.js';
import { query } from '../core/api.js';
import { may } from '../core/session.js';
import { usePoll } from '../core/poll.js';
import { href } from '../core/router.js';
import { count, bytes, duration, rate, short } from '../core/format.js';
import { Page, Card, Fold, Meter, Note, Loaded, Badge, State } from '../ui/parts.js';
import { Kpi } from '../ui/kpi.js';
import { SmallTable } from '../ui/table.js';
import { RangePick, useRange } from '../ui/chart.js';
import { Churn } from '../ui/churn.js';
import { QueuedChart, RatesChart } from '../ui/rates.js';
import { reset } from '../ui/reset.js';
import { usePlace } from '../ui/shell.js';
import { HealthLink } from './health-link.js';

/** The page. */
export function Overview() {
  const range = useRange('overview');
  const poll = usePoll('/overview' + query(range.params('lengths', 'msg_rates', 'data_rates')));
  const name = usePlace().overview.cluster_name;
  const lead = name && may.administer() ? html`<a href=${href(['cluster'])} title="Change the name">${name}</a>` : name || ' ';
  return html`
    <${Page} title="Overview" lead=${lead} actions=${html`<${HealthLink} /><${RangePick} range=${range} />`}>
      <${Loaded} poll=${poll}>${(o) => html`
        <${Warnings} overview=${o} />
        <${Totals} overview=${o} />
        <div class="grid two"><${QueuedChart} id="overview" object=${o.queue_totals} /><${RatesChart} id="overview" stats=${o.message_stats} /></div>
        ${may.monitor() && html`<${Nodes} />`}
        <${Churn} rates=${o.churn_rates} />
        ${o.listeners && html`<${Ports} overview=${o} />`}
      `}<//>
    <//>`;
}

// What is counted, and where its list is.
const objects = [
  ['connection', '#/connections'], ['channel', '#/channels'], ['exchange', '#/exchanges'], ['queue', '#/queues'], ['consumer'],
];

function Totals({ overview: o }) {
  const t = o.object_totals || {};
  const q = o.queue_totals || {};
  const s = o.message_stats || {};
  return html`
    <div class="stack tight">
      <div class="kpis">
        <${Kpi} label="messages ready" value=${short(q.messages_ready)} details=${q.messages_ready_details} colour=${1} />
        <${Kpi} label="unacknowledged" value=${short(q.messages_unacknowledged)} details=${q.messages_unacknowledged_details} colour=${2} />
        <${Kpi} label="published" value=${rate(s.publish_details?.rate ?? 0)} details=${s.publish_details} rates colour=${5} />
        <${Kpi} label="delivered" value=${rate(s.deliver_get_details?.rate ?? 0)} details=${s.deliver_get_details} rates colour=${3} />
      </div>
      <div class="counts">${objects.map(([one, to]) => html`
        <${to ? 'a' : 'div'} key=${one} href=${to}><b>${count(t[`${one}s`])}</b> ${t[`${one}s`] === 1 ? one : `${one}s`}<//>`)}</div>
    </div>`;
}

function Warnings({ overview: o }) {
  const { down } = usePlace();
  return html`
    ${down.map(({ vhost, node, state }) => html`
      <${Note} key=${`${vhost} ${node}`} tone="bad" title=${`The virtual host “${vhost}” does not run on ${node}: it is ${state}`}>
        Clients cannot use it there. The node’s log says why; ${may.administer()
    ? html`it can be started again <a href=${href(['vhosts', vhost])}>on its page</a>.`
    : 'an administrator can start it again.'}
      <//>`)}
    ${o.disable_stats && html`<${Note} tone="warn" title="Statistics are off">The node was told not to gather them, so rates and charts stay empty.<//>`}
    ${o.rates_mode === 'none' && html`<${Note} tone="warn" title="Message rates are off">The node gathers counts, but no rates.<//>`}
    ${o.statistics_db_event_queue > 1000 && html`
      <${Note} tone="warn" title="Statistics are late">
        ${count(o.statistics_db_event_queue)} events wait to be counted, so the figures on this page are old.
      <//>`}`;
}

// Used shows a figure beside its limit.
function Used({ used, limit, label, alarm, format = count }) {
  return html`
    <div class="used">
      <span>${format(used)} <span class="muted">of ${format(limit)}</span></span>
      <${Meter} value=${used} max=${limit} label=${label} tone=${alarm ? 'bad' : undefined} />
    </div>`;
}

function Disk({ node }) {
  if (typeof node.disk_free !== 'number') return html`<span class="muted">not watched</span>`;
  return html`
    <span class=${node.disk_free_alarm ? 'state bad' : ''}>${bytes(node.disk_free)}${' '}
      <span class="muted">free, alarm at ${bytes(node.disk_free_limit)}</span></span>`;
}

const Info = ({ node: n }) => html`
  <span class="badges">
    ${n.type && html`<${Badge} title="Where the definitions are kept">${n.type}<//>`}
    ${n.rates_mode && html`<${Badge} title="How finely message rates are kept">${n.rates_mode}<//>`}
    ${n.mem_calculation_strategy && html`<${Badge} title="How memory is measured">${n.mem_calculation_strategy}<//>`}
    ${n.enabled_plugins?.length > 0 && html`<${Badge} title=${`Plugins: ${n.enabled_plugins.join(', ')}`}>${n.enabled_plugins.length}<//>`}
  </span>`;

const runs = (node) => node.running !== false;

const nodeColumns = [
  { id: 'name', label: 'Name', by: (n) => n.name, cell: (n) => html`<a class="strong" href=${href(['nodes', n.name])}>${n.name}</a>` },
  { id: 'state', label: 'State', cell: (n) => html`<${State} state=${runs(n) ? 'running' : 'down'} />` },
  {
    id: 'mem', label: 'Memory',
    cell: (n) => runs(n) && html`<${Used} label="Memory used" used=${n.mem_used} limit=${n.mem_limit} alarm=${n.mem_alarm} format=${bytes} />`,
  },
  { id: 'disk', label: 'Disk', cell: (n) => runs(n) && html`<${Disk} node=${n} />` },
  { id: 'fd', label: 'File descriptors', cell: (n) => runs(n) && html`<${Used} label="File descriptors used" used=${n.fd_used} limit=${n.fd_total} />` },
  {
    id: 'sockets', label: 'Sockets',
    cell: (n) => n.sockets_used !== undefined && html`<${Used} label="Sockets used" used=${n.sockets_used} limit=${n.sockets_total} />`,
  },
  { id: 'proc', label: 'Processes', num: true, cell: (n) => count(n.proc_used) },
  { id: 'uptime', label: 'Uptime', num: true, by: (n) => n.uptime, cell: (n) => duration(n.uptime) },
  { id: 'info', label: 'Info', cell: (n) => html`<${Info} node=${n} />` },
];

const resetAll = html`<button type="button" class="btn quiet small" onClick=${() => reset('/reset', 'all nodes')}>Reset statistics</button>`;

// Disagreements warns of nodes that do not see each other, or not for the same time.
function Disagreements({ nodes }) {
  const split = nodes.filter((n) => n.partitions?.length > 0);
  const times = new Set(nodes.map((n) => n.net_ticktime).filter((t) => t !== undefined));
  return html`
    ${split.length > 0 && html`
      <${Note} tone="bad" title="The cluster is split">
        ${split.map((n) => `${n.name} cannot see ${n.partitions.join(', ')}`).join('; ')}. Mend the network, then restart the nodes of the smaller side.
      <//>`}
    ${times.size > 1 && html`
      <${Note} tone="warn" title="The nodes differ in net_ticktime">
        They do not agree on how long a silent node counts as there. Give all of them the same value.
      <//>`}`;
}

function Nodes() {
  const poll = usePoll('/nodes');
  return html`
    <${Fold} id="nodes" title="Nodes" count=${poll.data?.length} flush side=${may.administer() && resetAll}>
      <${Loaded} poll=${poll}>${(nodes) => html`
        <${Disagreements} nodes=${nodes} />
        <${SmallTable} label="Nodes" columns=${nodeColumns} rows=${nodes} keyOf=${(n) => n.name} />`}<//>
    <//>`;
}

const no = html`<span class="muted">no</span>`;

const listenerColumns = [
  { id: 'protocol', label: 'Protocol', by: (l) => l.protocol, cell: (l) => l.protocol },
  { id: 'node', label: 'Node', by: (l) => l.node, cell: (l) => l.node },
  { id: 'ip', label: 'Bound to', cell: (l) => l.ip_address },
  { id: 'port', label: 'Port', num: true, by: (l) => l.port, cell: (l) => l.port },
  { id: 'tls', label: 'TLS', cell: (l) => (/ssl|https/.test(l.protocol) || l.tls ? html`<${Badge} tone="ok">TLS<//>` : no) },
];
const contextColumns = [
  { id: 'description', label: 'Context', cell: (c) => c.description },
  { id: 'node', label: 'Node', cell: (c) => c.node },
  { id: 'ip', label: 'Bound to', cell: (c) => c.ip },
  { id: 'port', label: 'Port', num: true, cell: (c) => c.port },
  { id: 'ssl', label: 'TLS', cell: (c) => (c.protocol === 'https' || c.ssl === true ? 'yes' : no) },
  { id: 'path', label: 'Path', cell: (c) => html`<code>${c.path}</code>` },
];

function Ports({ overview: o }) {
  return html`
    <${Fold} id="ports" title="Ports and contexts" open=${false}>
      <div class="grid two">
        <${Card} title="Listening ports" flush>
          <${SmallTable} label="Listening ports" columns=${listenerColumns} rows=${o.listeners}
            keyOf=${(l) => `${l.node} ${l.protocol} ${l.ip_address} ${l.port}`} />
        <//>
        <${Card} title="Web contexts" flush>
          <${SmallTable} label="Web contexts" columns=${contextColumns} rows=${o.contexts || []}
            keyOf=${(c) => `${c.node} ${c.description} ${c.port}`} />
        <//>
      </div>
    <//>`;
}
