/** One message: where it came from, its deaths as a story, payload, headers and properties. */
import { html, useState, useMemo } from '../core/dom.js';
import { bytes, count, duration, plural, time, exchangeLabel } from '../core/format.js';
import { story } from '../know/deaths.js';
import { indent, pieces } from '../know/json.js';
import { Badge, Facts, Note } from './parts.js';
import { Icon } from './icons.js';
import { attempt } from './dialog.js';

const text = (v) => (typeof v === 'object' ? JSON.stringify(v) : String(v));
const mostColoured = 20000; // characters; a longer payload is shown in one colour

const words = {
  timestamp: (v) => `${v} (${time(v * 1000)})`,
  delivery_mode: (v) => `${v} (${v === 2 ? 'persistent' : 'not persistent'})`,
  expiration: (v) => `${v} (${duration(Number(v))})`,
};

const inWords = ([key, v]) => [key.replaceAll('_', ' '), (words[key] || text)(v)];
const addressOf = (m) => [
  ['Exchange', exchangeLabel(m.exchange)],
  ['Routing key', html`<code>${m.routing_key || '(empty)'}</code>`],
  ['Expires', m.expires_at && time(m.expires_at)],
];

/** Headers that the story tells. */
const told = ['x-death', 'x-redriven'];

/**
 * @param {{message: object, number?: number|string, here?: string}} props what get and browse answer (management-api §11.2); here is the queue it is in
 */
export function Message({ message: m, number, here }) {
  const properties = Array.isArray(m.properties) ? {} : m.properties || {};
  const { headers = {}, ...rest } = properties;
  const shown = Object.entries(headers).filter(([k]) => !told.includes(k));
  return html`
    <article class="message" aria-label=${number ? `Message ${number}` : 'Message'}>
      <header class="row">
        <h3 class="grow">Message${number && html` <span class="num">${typeof number === 'number' ? count(number) : number}</span>`}</h3>
        <span class="badges"><${MessageTags} message=${m} /><${Badge}>${bytes(m.payload_bytes)}<//></span>
      </header>
      ${m.unreadable ? html`
        <${Note} tone="bad" title="This message is damaged on disk">
          Its content cannot be read. It stays in the queue until it is purged, or a consumer comes to it.
        <//>` : html`
        <${Facts} rows items=${addressOf(m)} />
        <${Story} headers=${headers} here=${here} />
        <${Payload} message=${m} />
        ${shown.length > 0 && html`<div><h4>Headers</h4><${Facts} rows items=${shown.map(([k, v]) => [k, text(v)])} /></div>`}
        ${Object.keys(rest).length > 0 && html`<div><h4>Properties</h4><${Facts} rows items=${Object.entries(rest).map(inWords)} /></div>`}`}
    </article>`;
}

/** What sets a message apart, as badges. @param {{message: object}} props */
export const MessageTags = ({ message: m }) => html`
  ${m.state === 'unacknowledged' && html`<${Badge} tone="info" title="A consumer has it, or a transfer">unacked<//>`}
  ${m.redelivered && html`
    <${Badge} tone="warn" title="It was delivered before and came back">redelivered${m.delivery_count > 1 && html` ${count(m.delivery_count)}×`}<//>`}
  ${m.priority > 0 && html`<${Badge} title="Priority">priority ${m.priority}<//>`}
  ${m.unreadable && html`<${Badge} tone="bad">damaged<//>`}`;

function Story({ headers, here }) {
  const deaths = story(headers);
  const before = story(headers, 'x-redriven');
  if (deaths.length + before.length === 0) return null;
  const first = before[0] || deaths[0];
  return html`
    <ol class="story" aria-label="What happened to it">
      <li><p>Published to <b>${exchangeLabel(first.exchange)}</b> with the key <code>${first.keys}</code></p></li>
      ${before.map((d) => html`<${Step} death=${d} />`)}
      ${before.length > 0 && html`<li><p>Sent back by a redrive</p></li>`}
      ${deaths.map((d) => html`<${Step} death=${d} />`)}
      ${here && html`<li class="now"><p>Waits in <b>${here}</b></p></li>`}
    </ol>`;
}

const Step = ({ death: d }) => html`
  <li class="died">
    <p>${d.what} in <b>${d.queue}</b>${d.count > 1 && html` <span class="muted">${plural(d.count, 'time')}</span>`}</p>
    ${d.at > 0 && html`<small class="muted">${time(d.at)}</small>`}
  </li>`;

// octetsIn counts what is shown of a payload.
const octetsIn = (m) => (m.payload_encoding === 'string' ? new TextEncoder().encode(m.payload).length : Math.floor(m.payload.length * 0.75) + 3);

const Coloured = ({ json }) => pieces(json).map(([kind, piece]) => (kind ? html`<span class=${`j-${kind}`}>${piece}</span>` : piece));

function Payload({ message: m }) {
  const json = useMemo(() => (m.payload_encoding === 'string' ? indent(m.payload) : null), [m]);
  const [raw, setRaw] = useState(false);
  const shown = json && !raw ? json : m.payload;
  const coloured = shown === json && json.length <= mostColoured;
  const copy = () => attempt(() => navigator.clipboard.writeText(m.payload), 'Copied');
  return html`
    <div class="payload">
      <div class="row"><h4 class="grow">Payload${m.payload_encoding === 'base64' && html` <span class="muted">in base64, because it is no text</span>`}</h4>
        ${json && html`<button type="button" class="btn quiet small" onClick=${() => setRaw(!raw)}>${raw ? 'As JSON' : 'As it is'}</button>`}
        ${navigator.clipboard && html`
          <button type="button" class="btn quiet small icon" aria-label="Copy payload" title="Copy" onClick=${copy}><${Icon} name="copy" /></button>`}
      </div>
      <pre tabindex="0" aria-label="Payload">${coloured ? html`<${Coloured} json=${json} />` : shown || html`<span class="muted">(empty)</span>`}</pre>
      ${octetsIn(m) < m.payload_bytes && html`<p class="muted small">The first part of ${plural(m.payload_bytes, 'octet')}.</p>`}
    </div>`;
}
