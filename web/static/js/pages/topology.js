/** Exchanges, bindings and queues of a virtual host as a picture, and where a message would go in it. */
import { html, useMemo } from '../core/dom.js';
import { patchQuery, exchangeHref, queueHref } from '../core/router.js';
import { count, short } from '../core/format.js';
import { route, bindingId } from '../know/topic.js';
import { Page, Card, Empty, Fault, Loading, Note } from '../ui/parts.js';
import { Field, Select } from '../ui/forms.js';
import { usePlace } from '../ui/shell.js';
import { useWorld } from '../ui/world.js';

const most = 120; // boxes of a column; more would be no picture
const mostWords = 12; // steps and names that an answer lists

/** @param {{query: object}} props */
export function Topology({ query: q }) {
  const { vhosts, vhost: scope } = usePlace();
  const vhost = q.vhost || scope || (vhosts.includes('/') ? '/' : vhosts[0]) || '';
  const start = q.exchange || '';
  const { world, error } = useWorld(vhost, start, most);
  return html`
    <${Page} title="Topology" lead="How messages find their way: exchanges on the left, queues on the right. Type a routing key to see where it leads, and why.">
      <${Card}><span></span><div class="form cols"><${Select} label="Virtual host" value=${vhost} set=${(v) => patchQuery({ vhost: v, exchange: '' })} options=${vhosts} />
        <${Select} label="Published to" value=${start} set=${(v) => patchQuery({ exchange: v })} options=${[['', 'Choose an exchange'], ...(world?.exchanges || []).filter((x) => x.name).map((x) => [x.name, `${x.name} (${x.type})`])]} />
        <${Field} label="Routing key" value=${q.key || ''} set=${(v) => patchQuery({ key: v })} placeholder="order.17.created" /></div><//>
      ${error && html`<${Fault} error=${error} />`}
      ${!world && !error && html`<${Loading} />`}
      ${world?.asks && html`<${Card}><${Empty} icon="topology" title="Choose an exchange">This virtual host has ${count(world.total)} queues, too many for one picture. Choose an exchange above, and what it leads to is drawn.<//><//>`}
      ${world && !world.asks && html`<${Picture} vhost=${vhost} world=${world} start=${start} at=${q.key || ''} />`}
    <//>`;
}

const width = 1000;
const rowHeight = 40;
const box = 300;

// place puts exchanges left and queues right, those with bindings first, and counts what is left out. What path leads to is drawn in any case.
function place({ exchanges, bindings, queues }, path) {
  const sources = new Set(bindings.map((b) => b.source));
  const targets = new Set(bindings.filter((b) => b.destination_type === 'exchange').map((b) => b.destination));
  const shown = exchanges.filter((x) => sources.has(x.name) || targets.has(x.name) || (queues.length > 0 && x.name && !x.name.startsWith('amq.')));
  const ready = new Map(queues.map((q) => [q.name, q.messages_ready]));
  const names = [...new Set([...bindings.filter((b) => b.destination_type === 'queue').map((b) => b.destination), ...ready.keys()])];
  const left = new Map(first(shown.map((x) => x.name), path?.exchanges).map((n, i) => [n, i]));
  // A queue stands near the exchanges that feed it.
  const weight = new Map(names.map((n) => [n, 1e6]));
  for (const b of bindings) if (b.destination_type === 'queue' && left.has(b.source)) weight.set(b.destination, Math.min(weight.get(b.destination), left.get(b.source)));
  const right = new Map(first(names, path?.queues).sort((a, b) => weight.get(a) - weight.get(b) || a.localeCompare(b)).map((n, i) => [n, i]));
  return { left, right, ready, hidden: shown.length - left.size + names.length - right.size, types: new Map(shown.map((x) => [x.name, x.type])) };
}

// first picks as many names as there are boxes, those of a path before others.
const first = (names, wanted) => (names.length <= most ? names : [...names.filter((n) => wanted?.has(n)), ...names.filter((n) => !wanted?.has(n))].slice(0, most));

function Picture({ vhost, world: all, start, at: key }) {
  const path = useMemo(() => (start ? route(all, start, key) : null), [all, start, key]);
  const world = useMemo(() => place(all, path), [all, path]);
  const drawn = useMemo(() => all.bindings.filter((b) => world.left.has(b.source) && (b.destination_type === 'queue' ? world.right : world.left).has(b.destination)), [all, world]);
  if (world.left.size + world.right.size === 0) return html`<${Card}><${Empty} icon="topology" title="Nothing to draw yet">${start ? `Nothing is bound to “${start}”.` : 'Exchanges and queues of this virtual host, and the bindings between them, appear here.'}<//><//>`;
  const height = Math.max(world.left.size, world.right.size) * rowHeight + 16;
  const y = (i) => 8 + i * rowHeight + rowHeight / 2;
  return html`
    ${path && html`<${Answer} path=${path} start=${start} at=${key} />`}
    <${Card} class="picture"><div class="table-wrap" tabindex="0" role="region" aria-label="Picture of the bindings"><svg class="topology" viewBox=${`0 0 ${width} ${height}`} role="group" aria-label=${`${world.left.size} exchanges, ${world.right.size} queues, ${drawn.length} bindings`}>
      ${drawn.map((b) => html`<${Line} key=${bindingId(b)} binding=${b} world=${world} y=${y} path=${path} />`)}
      ${[...world.left].map(([n, i]) => html`<${Box} key=${`x ${n}`} kind="Exchange" x=${4} y=${y(i)} name=${n} more=${world.types.get(n)} to=${exchangeHref(vhost, n)} on=${path?.exchanges.has(n)} dim=${path && !path.exchanges.has(n)} />`)}
      ${[...world.right].map(([n, i]) => html`<${Box} key=${`q ${n}`} kind="Queue" x=${width - box - 4} y=${y(i)} name=${n} more=${world.ready.get(n) > 0 && `${short(world.ready.get(n))} ready`} to=${queueHref(vhost, n)} on=${path?.queues.has(n)} dim=${path && !path.queues.has(n)} />`)}
    </svg></div>
    ${world.hidden > 0 && html`<p class="muted">${count(world.hidden)} more are not drawn.</p>`}<//>`;
}

function Box({ kind, x, y, name, more, to, on, dim }) {
  const clip = name.length > 30 ? `${name.slice(0, 29)}…` : name;
  return html`<a href=${to} class=${`box${on ? ' on' : ''}${dim ? ' dim' : ''}`}><title>${`${kind} ${name}${more ? `, ${more}` : ''}`}</title><rect x=${x} y=${y - 15} width=${box} height="30" rx="8" /><text x=${x + 12} y=${y + 5}>${clip}</text>${more && html`<text class="more" x=${x + box - 12} y=${y + 5}>${more}</text>`}</a>`;
}

function Line({ binding: b, world, y, path }) {
  const toQueue = b.destination_type === 'queue';
  const target = (toQueue ? world.right : world.left).get(b.destination);
  if (target === undefined) return null;
  const [y1, y2] = [y(world.left.get(b.source)), y(target)];
  const x1 = box + 4;
  const d = toQueue ? `M${x1} ${y1} C${x1 + 170} ${y1} ${width - box - 174} ${y2} ${width - box - 4} ${y2}` : `M${x1} ${y1} C${x1 + 90} ${y1} ${x1 + 90} ${y2} ${x1} ${y2}`;
  const why = path?.used.get(bindingId(b));
  return html`<path class=${`line${why ? ' on' : ''}${path && !why ? ' dim' : ''}`} d=${d}><title>${`${b.source} → ${b.destination}: ${b.routing_key || '(no key)'}`}${why ? `\n${why}` : ''}</title></path>`;
}

const list = (names) => names.slice(0, mostWords).join(', ') + (names.length > mostWords ? ` and ${count(names.length - mostWords)} more` : '');

function Answer({ path, start, at: key }) {
  const names = [...path.queues];
  return html`<${Note} tone=${names.length ? 'ok' : 'warn'} title=${names.length ? `“${key}” published to ${start} goes to ${list(names)}` : `“${key}” published to ${start} goes to no queue`}>
    ${path.steps.slice(0, mostWords).map((s) => html`<span class="step">${s}</span>`)}${path.steps.length > mostWords && html`<span class="step">and ${count(path.steps.length - mostWords)} more</span>`}<//>`;
}
