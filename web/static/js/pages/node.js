/** One node: what it uses and what of, its disk, its memory, what it is made of. */
import { html } from '../core/dom.js';
import { at, query } from '../core/api.js';
import { may } from '../core/session.js';
import { usePoll } from '../core/poll.js';
import { bytes, byteRate, count, duration, rate } from '../core/format.js';
import { Page, Card, Facts, Fold, Loaded, State, Note, Badge } from '../ui/parts.js';
import { SmallTable } from '../ui/table.js';
import { Chart, useRange, RangePick } from '../ui/chart.js';
import { Churn } from '../ui/churn.js';
import { reset } from '../ui/reset.js';

const milliseconds = (ms) => `${ms < 10 ? ms.toFixed(2) : Math.round(ms)} ms`;

// What the node uses, and the limit of it: [title, key, how the limit is meant, its key, format].
const used = [
  ['File descriptors', 'fd_used', 'of', 'fd_total', count],
  ['Sockets', 'sockets_used', 'of', 'sockets_total', count],
  ['Processes', 'proc_used', 'of', 'proc_total', count],
  ['Memory', 'mem_used', 'of', 'mem_limit', bytes],
  ['Disk free', 'disk_free', 'alarm under', 'disk_free_limit', bytes],
];
// Charts: [title, format, whether the change per second is drawn, [key, label] of each curve].
const storage = [
  ['Disk operations', rate, true, [['io_read_count', 'Reads'], ['io_write_count', 'Writes'], ['io_sync_count', 'Syncs']]],
  ['Disk data', byteRate, true, [['io_read_bytes', 'Read'], ['io_write_bytes', 'Written']]],
  ['Time of one operation', milliseconds, false, [['io_read_avg_time', 'Read'], ['io_write_avg_time', 'Write'], ['io_sync_avg_time', 'Sync']]],
  ['Message store', rate, true, [['msg_store_read_count', 'Reads'], ['msg_store_write_count', 'Writes']]],
];
const runtime = [
  ['Garbage collection', rate, true, [['gc_num', 'Runs']]],
  ['Memory freed', byteRate, true, [['gc_bytes_reclaimed', 'Freed']]],
  ['Context switches', rate, true, [['context_switches', 'Switches']]],
];

/** @param {{name: string}} props */
export function NodePage({ name }) {
  const range = useRange('node');
  const poll = usePoll(at('nodes', name) + query(range.params('node_stats')));
  const n = poll.data;
  return html`
    <${Page} title=${name} crumbs=${[['Overview', '#/']]} tags=${n && html`<${Tags} node=${n} />`} actions=${html`<${Actions} node=${n} range=${range} />`}>
      <${Loaded} poll=${poll}>${(node) => (node.running === false ? down : html`
        <${Alarms} node=${node} />
        <${Card} title="Details"><${Facts} items=${details(node)} /><//>
        <div class="grid three">${used.filter(([, key]) => node[key] !== undefined).map((row) => html`<${Used} key=${row[1]} node=${node} row=${row} />`)}</div>
        <${Charts} id="storage" title="Storage" node=${node} charts=${storage} open />
        <${Churn} rates=${node} />
        <${Memory} name=${name} />
        <${Links} node=${node} />
        <${Charts} id="runtime" title="Runtime" node=${node} charts=${runtime} />
        <${Parts} node=${node} />
      `)}<//>
    <//>`;
}

const down = html`<${Note} tone="bad" title="This node does not run">Start it; its queues are back when it is.<//>`;

const Tags = ({ node: n }) => html`<${State} state=${n.running === false ? 'down' : 'running'} />${n.type && html`<${Badge}>${n.type}<//>`}`;

const Actions = ({ node: n, range }) => html`
  <${RangePick} range=${range} />
  ${may.administer() && n && html`<button type="button" class="btn" onClick=${() => reset(at('reset', n.name), n.name)}>Reset statistics</button>`}`;

const Alarms = ({ node: n }) => html`
  ${n.mem_alarm && html`
    <${Note} tone="bad" title="Memory alarm">
      Publishers are held back until memory is under ${bytes(n.mem_limit)} again. Consume messages, or give the node more memory.
    <//>`}
  ${n.disk_free_alarm && html`
    <${Note} tone="bad" title="Disk alarm">
      Publishers are held back until more than ${bytes(n.disk_free_limit)} are free. Free space on the disk of ${n.db_dir}.
    <//>`}`;

function Used({ node, row: [title, key, words, limit, format] }) {
  const bound = typeof node[limit] === 'number' ? `, ${words} ${format(node[limit])}` : '';
  const series = [{ label: title, details: node[`${key}_details`], now: node[key] }];
  return html`<${Chart} id=${`node.${key}`} title=${title + bound} format=${format} series=${series} />`;
}

const version = (n) => n.applications?.find((a) => a.name === 'rabbit')?.version;

const details = (n) => [
  ['Up for', duration(n.uptime)], ['Processors', count(n.processors)], ['Process', n.os_pid], ['Run queue', count(n.run_queue)],
  ['Version', version(n)], ['Rates', n.rates_mode], ['Net tick time', n.net_ticktime && `${n.net_ticktime} s`], ['Data directory', html`<code>${n.db_dir}</code>`],
  ['Settings from', [].concat(n.config_files || []).join(', ') || 'flags and environment'], ['Log', [].concat(n.log_files || []).join(', ')],
  ['Memory is measured by', n.mem_calculation_strategy],
];

function seriesOf(node, key, label, rates) {
  const figures = node[`${key}_details`];
  return { label, details: figures, rates, now: rates ? figures?.rate : node[key] };
}

function Charts({ id, title, node, charts, open = false }) {
  const there = charts.filter(([, , , keys]) => keys.some(([k]) => node[`${k}_details`]));
  return there.length > 0 && html`
    <${Fold} id=${`node.${id}`} title=${title} open=${open}>
      <div class="grid three">${there.map(([label, format, rates, keys]) => html`
        <${Chart} key=${label} id=${`node.${label}`} title=${label} format=${format} series=${keys.map(([k, text]) => seriesOf(node, k, text, rates))} />`)}
      </div>
    <//>`;
}

const coloured = 8; // kinds of memory that have a colour

function Memory({ name }) {
  const poll = usePoll(`${at('nodes', name)}/memory`, { once: true });
  const memory = poll.data?.memory;
  if (!memory || typeof memory !== 'object') return null;
  const rows = Object.entries(memory).filter(([k, v]) => typeof v === 'number' && v > 0 && k !== 'total').sort((a, b) => b[1] - a[1]);
  const sum = rows.reduce((all, [, v]) => all + v, 0) || 1;
  const totals = typeof memory.total === 'object' ? Object.entries(memory.total).map(([k, v]) => `${bytes(v)} ${k}`) : [bytes(memory.total)];
  const colour = (i) => ({ background: `var(--chart-${i + 1})` });
  return html`
    <${Fold} id="node.memory" title="Memory details" side=${html`<button type="button" class="btn quiet small" onClick=${poll.again}>Update</button>`}>
      <p class="muted">${totals.join(', ')}</p>
      <div class="bigmeter" aria-hidden="true">
        ${rows.slice(0, coloured).map(([k, v], i) => html`<i key=${k} title=${k} style=${{ width: `${(v / sum) * 100}%`, ...colour(i) }}></i>`)}
      </div>
      <dl class="facts">${rows.map(([k, v], i) => html`
        <div key=${k}>
          <dt class="row tight">${i < coloured && html`<i class="dot" style=${colour(i)}></i>`}${k.replaceAll('_', ' ')}</dt><dd>${bytes(v)}</dd>
        </div>`)}</dl>
    <//>`;
}

const linkColumns = [
  { id: 'name', label: 'Node', cell: (l) => l.name },
  { id: 'local', label: 'Local address', cell: (l) => `${l.sock_addr}:${l.sock_port}` },
  { id: 'peer', label: 'Remote address', cell: (l) => `${l.peer_addr}:${l.peer_port}` },
  { id: 'recv', label: 'Received', num: true, cell: (l) => byteRate(l.stats?.recv_bytes_details?.rate) },
  { id: 'send', label: 'Sent', num: true, cell: (l) => byteRate(l.stats?.send_bytes_details?.rate) },
];

const Links = ({ node: { cluster_links: links } }) => links?.length > 0 && html`
  <${Fold} id="node.links" title="Links to other nodes" count=${links.length} flush>
    <${SmallTable} label="Cluster links" columns=${linkColumns} rows=${links} keyOf=${(l) => l.name} />
  <//>`;

const partColumns = [
  { id: 'name', label: 'Name', by: (p) => p.name, cell: (p) => p.name },
  { id: 'version', label: 'Version', cell: (p) => p.version },
  { id: 'description', label: 'Description', cell: (p) => html`<span class="clip">${p.description}</span>` },
];

function Parts({ node }) {
  const plugins = (node.enabled_plugins || []).map((p) => ({ name: p, ...(node.applications || []).find((a) => a.name === p) }));
  const lists = [
    ['Plugins', plugins], ['Exchange types', node.exchange_types], ['Login mechanisms', node.auth_mechanisms], ['Applications', node.applications],
  ];
  return html`
    <${Fold} id="node.parts" title="Abilities" open=${false}>
      <div class="grid two">${lists.filter(([, rows]) => rows?.length).map(([title, rows]) => html`
        <${Card} key=${title} title=${title} flush><${SmallTable} label=${title} columns=${partColumns} rows=${rows} keyOf=${(r) => r.name} /><//>`)}
      </div>
    <//>`;
}
