/** Exchanges, bindings and queues of a virtual host as a picture, and where a message would go in it. */
import { html, useMemo, useState, useEffect } from '../core/dom.js';
import { at, get, query } from '../core/api.js';
import { usePoll } from '../core/poll.js';
import { patchQuery, exchangeHref, queueHref } from '../core/router.js';
import { count } from '../core/format.js';
import { route, bindingId } from '../know/topic.js';
import { Page, Card, Empty, Fault, Loading, Note } from '../ui/parts.js';
import { Field, Select } from '../ui/forms.js';
import { usePlace } from '../ui/shell.js';

const most = 120; // boxes of a column; more would be no picture

/** @param {{query: object}} props */
export function Topology({ query: q }) {
  const { vhosts, vhost: scope } = usePlace();
  const vhost = q.vhost || scope || (vhosts.includes('/') ? '/' : vhosts[0]) || '';
  const bindings = usePoll(vhost ? at('bindings', vhost) : null, { pace: 15000 });
  const exchanges = usePoll(vhost ? at('exchanges', vhost) + query({ columns: 'name,type,arguments' }) : null, { pace: 15000 });
  const queues = useFirst(vhost);
  const ready = bindings.data && exchanges.data && queues;
  return html`
    <${Page} title="Topology" lead="How messages find their way: exchanges on the left, queues on the right. Type a routing key to see where it leads, and why.">
      <${Card}><span></span><div class="form cols"><${Select} label="Virtual host" value=${vhost} set=${(v) => patchQuery({ vhost: v, exchange: '' })} options=${vhosts} />
        ${exchanges.data && html`<${Select} label="Published to" value=${q.exchange || ''} set=${(v) => patchQuery({ exchange: v })} options=${[['', 'Choose an exchange'], ...exchanges.data.filter((x) => x.name).map((x) => [x.name, `${x.name} (${x.type})`])]} />`}
        <${Field} label="Routing key" value=${q.key || ''} set=${(v) => patchQuery({ key: v })} placeholder="order.17.created" /></div><//>
      ${(bindings.error || exchanges.error) && html`<${Fault} error=${bindings.error || exchanges.error} />`}
      ${!ready && !bindings.error && html`<${Loading} />`}
      ${ready && html`<${Picture} vhost=${vhost} exchanges=${exchanges.data} bindings=${bindings.data.filter((b) => b.source !== '')} queues=${queues} start=${q.exchange || ''} at=${q.key || ''} />`}
    <//>`;
}

function useFirst(vhost) {
  const [queues, set] = useState(null);
  useEffect(() => {
    const abort = new AbortController();
    set(null);
    if (vhost) get(at('queues', vhost) + query({ page: 1, page_size: most, columns: 'name,messages_ready' }), { signal: abort.signal }).then((a) => set(a.items), () => set([]));
    return () => abort.abort();
  }, [vhost]);
  return queues;
}

const width = 1000;
const rowHeight = 40;
const box = 300;

// place puts exchanges left and queues right, those with bindings first, and counts what is left out.
function place(exchanges, bindings, queues) {
  const sources = new Set(bindings.map((b) => b.source));
  const targets = new Set(bindings.filter((b) => b.destination_type === 'exchange').map((b) => b.destination));
  const shown = exchanges.filter((x) => sources.has(x.name) || targets.has(x.name) || (x.name && !x.name.startsWith('amq.')));
  const bound = new Set(bindings.filter((b) => b.destination_type === 'queue').map((b) => b.destination));
  const names = [...new Set([...bound, ...queues.map((q) => q.name)])];
  const left = new Map(shown.slice(0, most).map((x, i) => [x.name, i]));
  // A queue stands near the exchanges that feed it.
  const weight = new Map(names.map((n) => [n, 1e6]));
  for (const b of bindings) if (b.destination_type === 'queue' && left.has(b.source)) weight.set(b.destination, Math.min(weight.get(b.destination), left.get(b.source)));
  const sorted = names.sort((a, b) => weight.get(a) - weight.get(b) || a.localeCompare(b)).slice(0, most);
  return { left, right: new Map(sorted.map((n, i) => [n, i])), hidden: shown.length - left.size + names.length - sorted.length, types: new Map(shown.map((x) => [x.name, x.type])) };
}

function Picture({ vhost, exchanges, bindings, queues, start, at: key }) {
  const world = useMemo(() => place(exchanges, bindings, queues), [exchanges, bindings, queues]);
  const path = useMemo(() => (start ? route({ exchanges, bindings }, start, key) : null), [exchanges, bindings, start, key]);
  if (world.left.size + world.right.size === 0) return html`<${Card}><${Empty} icon="topology" title="Nothing to draw yet">Exchanges and queues of this virtual host, and the bindings between them, appear here.<//><//>`;
  const height = Math.max(world.left.size, world.right.size) * rowHeight + 16;
  const y = (i) => 8 + i * rowHeight + rowHeight / 2;
  return html`
    ${path && html`<${Answer} path=${path} start=${start} at=${key} />`}
    <${Card}><span></span><div class="table-wrap" tabindex="0" role="region" aria-label="Picture of the bindings"><svg class="topology" viewBox=${`0 0 ${width} ${height}`} role="group" aria-label=${`${world.left.size} exchanges, ${world.right.size} queues, ${bindings.length} bindings`}>
      ${bindings.filter((b) => world.left.has(b.source)).map((b) => html`<${Line} key=${bindingId(b)} binding=${b} world=${world} y=${y} path=${path} />`)}
      ${[...world.left].map(([n, i]) => html`<${Box} key=${`x ${n}`} x=${4} y=${y(i)} name=${n} more=${world.types.get(n)} to=${exchangeHref(vhost, n)} on=${path?.exchanges.has(n)} dim=${path && !path.exchanges.has(n)} />`)}
      ${[...world.right].map(([n, i]) => html`<${Box} key=${`q ${n}`} x=${width - box - 4} y=${y(i)} name=${n} to=${queueHref(vhost, n)} on=${path?.queues.has(n)} dim=${path && !path.queues.has(n)} />`)}
    </svg></div>
    ${world.hidden > 0 && html`<p class="muted">${count(world.hidden)} more are not drawn.</p>`}<//>`;
}

function Box({ x, y, name, more, to, on, dim }) {
  const clip = name.length > 34 ? `${name.slice(0, 33)}…` : name;
  return html`<a href=${to} class=${`box${on ? ' on' : ''}${dim ? ' dim' : ''}`} aria-label=${more ? `Exchange ${name}, ${more}` : `Queue ${name}`}><title>${name}</title><rect x=${x} y=${y - 15} width=${box} height="30" rx="8" /><text x=${x + 12} y=${y + 5}>${clip}</text>${more && html`<text class="more" x=${x + box - 12} y=${y + 5}>${more}</text>`}</a>`;
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

function Answer({ path, start, at: key }) {
  const names = [...path.queues];
  return html`<${Note} tone=${names.length ? 'ok' : 'warn'} title=${names.length ? `“${key}” published to ${start} goes to ${names.join(', ')}` : `“${key}” published to ${start} goes to no queue`}>
    ${path.steps.map((s) => html`<span class="step">${s}</span>`)}<//>`;
}
