/** One message: where it came from, properties, headers, payload, and its deaths as a story. */
import { html, useState, useMemo } from '../core/dom.js';
import { bytes, plural, time, exchangeLabel } from '../core/format.js';
import { story } from '../know/deaths.js';
import { Badge, Facts } from './parts.js';

const text = (v) => (typeof v === 'object' ? JSON.stringify(v) : String(v));

// pretty gives JSON with its indents, or null where the payload is none.
function pretty(message) {
  if (message.payload_encoding !== 'string' || !/^\s*[[{]/.test(message.payload)) return null;
  try {
    return JSON.stringify(JSON.parse(message.payload), null, 2);
  } catch {
    return null;
  }
}

/**
 * @param {{message: object, number?: number, tools?: *}} props what a get answers (management-api §11.2)
 */
export function Message({ message: m, number, tools }) {
  const [raw, setRaw] = useState(false);
  const json = useMemo(() => pretty(m), [m]);
  const properties = Array.isArray(m.properties) ? {} : m.properties || {};
  const { headers = {}, ...rest } = properties;
  const deaths = story(headers);
  const shown = Object.entries(headers).filter(([k]) => k !== 'x-death');
  return html`
    <article class="message" aria-label=${`Message ${number || ''}`}>
      <header class="row">
        ${number && html`<span class="strong">${number}</span>`}
        <span class="grow break"><span class="muted">from</span> ${exchangeLabel(m.exchange)} <span class="muted">with key</span> <code>${m.routing_key}</code></span>
        ${m.redelivered && html`<${Badge} tone="warn" title="It was delivered before and came back">redelivered<//>`}
        <${Badge}>${bytes(m.payload_bytes)}<//>${tools}
      </header>
      ${deaths.length > 0 && html`<ol class="story" aria-label="Why it was dead-lettered">${deaths.map((d) => html`<li>${d}</li>`)}</ol>`}
      ${(Object.keys(rest).length > 0 || shown.length > 0) && html`<div class="grid two">
        ${Object.keys(rest).length > 0 && html`<div><h3>Properties</h3><${Facts} rows items=${Object.entries(rest).map(([k, v]) => [k, k === 'timestamp' ? `${v} (${time(v * 1000)})` : k === 'delivery_mode' ? `${v} (${v === 2 ? 'persistent' : 'not persistent'})` : text(v)])} /></div>`}
        ${shown.length > 0 && html`<div><h3>Headers</h3><${Facts} rows items=${shown.map(([k, v]) => [k, text(v)])} /></div>`}
      </div>`}
      <div class="payload">
        <div class="row"><h3 class="grow">Payload${m.payload_encoding === 'base64' && html` <span class="muted">base64, because it is no text</span>`}</h3>
          ${json && html`<button type="button" class="btn quiet small" onClick=${() => setRaw(!raw)}>${raw ? 'As JSON' : 'As it is'}</button>`}</div>
        <pre tabindex="0" aria-label="Payload">${json && !raw ? json : m.payload}</pre>
        ${m.payload_bytes > 0 && m.payload.length < m.payload_bytes && m.payload_encoding === 'string' && html`<p class="muted small">The first part of ${plural(m.payload_bytes, 'octet')}.</p>`}
      </div>
    </article>`;
}
