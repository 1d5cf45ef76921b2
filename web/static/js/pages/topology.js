/** Exchanges, bindings and queues of a virtual host as a picture, and where a message would go in it. */
import { html, cx, useMemo } from '../core/dom.js';
import { patchQuery, exchangeHref, queueHref } from '../core/router.js';
import { count, plural, short } from '../core/format.js';
import { route } from '../know/topic.js';
import { Page, Card, Empty, Fault, Loading, Note } from '../ui/parts.js';
import { Field, Select } from '../ui/forms.js';
import { usePlace } from '../ui/shell.js';
import { useWorld } from '../ui/world.js';
import { layout, sizes } from './topology-layout.js';

const lead = 'How messages find their way: exchanges on the left, queues on the right. Type a routing key to see where it leads, and why.';
const mostWords = 12; // steps and names that an answer lists
const mostLetters = 30; // of a name in its box

/** @param {{query: object}} props */
export function Topology({ query: q }) {
  const { vhosts, vhost: scope } = usePlace();
  const vhost = q.vhost || scope || (vhosts.includes('/') ? '/' : vhosts[0]) || '';
  const start = q.exchange || '';
  const { world, error } = useWorld(vhost, start, sizes.most);
  return html`
    <${Page} title="Topology" lead=${lead}>
      <${Question} vhosts=${vhosts} vhost=${vhost} exchanges=${world?.exchanges || []} start=${start} at=${q.key || ''} />
      ${error && html`<${Fault} error=${error} />`}
      ${!world && !error && html`<${Loading} />`}
      ${world?.asks && html`
        <${Card}><${Empty} icon="topology" title="Choose an exchange">
          This virtual host has ${count(world.total)} queues, too many for one picture. Choose an exchange above, and what it leads to is drawn.
        <//><//>`}
      ${world && !world.asks && html`<${Answered} vhost=${vhost} world=${world} start=${start} at=${q.key || ''} />`}
    <//>`;
}

function Question({ vhosts, vhost, exchanges, start, at: key }) {
  const named = exchanges.filter((x) => x.name).map((x) => [x.name, `${x.name} (${x.type})`]);
  return html`
    <${Card}><span></span>
      <div class="form cols">
        <${Select} label="Virtual host" value=${vhost} set=${(v) => patchQuery({ vhost: v, exchange: '' })} options=${vhosts} />
        <${Select} label="Published to" value=${start} set=${(v) => patchQuery({ exchange: v })} options=${[['', 'Choose an exchange'], ...named]} />
        <${Field} label="Routing key" value=${key} set=${(v) => patchQuery({ key: v })} placeholder="order.17.created" />
      </div>
    <//>`;
}

function Answered({ vhost, world, start, at: key }) {
  const path = useMemo(() => (start ? route(world, start, key) : null), [world, start, key]);
  const picture = useMemo(() => layout(world, path), [world, path]);
  if (picture.left.length + picture.right.length === 0) {
    return html`
      <${Card}><${Empty} icon="topology" title="Nothing to draw yet">
        ${start ? `Nothing is bound to “${start}”.` : 'Exchanges and queues of this virtual host, and the bindings between them, appear here.'}
      <//><//>`;
  }
  return html`
    ${path && html`<${Answer} path=${path} start=${start} at=${key} />`}
    <${Picture} vhost=${vhost} picture=${picture} bindings=${world.bindings.length} asked=${!!path} />`;
}

const list = (names) => names.slice(0, mostWords).join(', ') + (names.length > mostWords ? ` and ${count(names.length - mostWords)} more` : '');

function Answer({ path, start, at: key }) {
  const names = [...path.queues];
  const more = path.steps.length - mostWords;
  return html`
    <${Note} tone=${names.length ? 'ok' : 'warn'} title=${`“${key}” published to ${start} goes to ${names.length ? list(names) : 'no queue'}`}>
      ${path.steps.slice(0, mostWords).map((s) => html`<span class="step">${s}</span>`)}
      ${more > 0 && html`<span class="step">and ${count(more)} more</span>`}
    <//>`;
}

function Picture({ vhost, picture, bindings, asked }) {
  const { left, right, lines, height, hidden } = picture;
  const words = `${plural(left.length, 'exchange')}, ${plural(right.length, 'queue')}, ${plural(bindings, 'binding')}`;
  return html`
    <${Card} class="picture">
      <div class="table-wrap" tabindex="0" role="region" aria-label="Picture of the bindings">
        <svg class="topology" viewBox=${`0 0 ${sizes.width} ${height}`} role="group" aria-label=${words}>
          ${lines.map((l) => html`<${Line} key=${l.id} line=${l} asked=${asked} />`)}
          ${left.map((b) => html`<${Box} key=${b.name} kind="Exchange" box=${b} to=${exchangeHref(vhost, b.name)} asked=${asked} />`)}
          ${right.map((b) => html`<${Box} key=${b.name} kind="Queue" box=${b} to=${queueHref(vhost, b.name)} asked=${asked} />`)}
        </svg>
      </div>
      ${hidden.boxes > 0 && html`<p class="muted">${count(hidden.boxes)} more are not drawn.</p>`}
      ${hidden.lines > 0 && html`
        <p class="muted">${plural(hidden.lines, 'line is', 'lines are')} not drawn. Choose an exchange and a routing key, and theirs come first.</p>`}
    <//>`;
}

function Box({ kind, box, to, asked }) {
  const { name, x, y, ready } = box;
  const more = box.type || (ready > 0 ? `${short(ready)} ready` : '');
  const clip = name.length > mostLetters ? `${name.slice(0, mostLetters - 1)}…` : name;
  return html`
    <a href=${to} class=${cx('box', box.on && 'on', asked && !box.on && 'dim')}>
      <title>${`${kind} ${name}${more ? `, ${more}` : ''}`}</title>
      <rect x=${x} y=${y - 15} width=${sizes.box} height="30" rx="8" />
      <text x=${x + 12} y=${y + 5}>${clip}</text>
      ${more && html`<text class="more" x=${x + sizes.box - 12} y=${y + 5}>${more}</text>`}
    </a>`;
}

function Line({ line: l, asked }) {
  const keys = l.keys.map((k) => k || '(no key)').join(', ') + (l.count > l.keys.length ? ` and ${count(l.count - l.keys.length)} more` : '');
  return html`
    <path class=${cx('line', l.why && 'on', asked && !l.why && 'dim')} d=${l.curve}>
      <title>${`${l.source} → ${l.destination}: ${keys}${l.why ? `\n${l.why}` : ''}`}</title>
    </path>`;
}
