/** Bindings of an exchange or a queue: lists with Unbind, and a form to bind. */
import { html, useState } from '../core/dom.js';
import { at, post, exchangeName } from '../core/api.js';
import { del } from '../core/deletion.js';
import { may } from '../core/session.js';
import { refresh } from '../core/poll.js';
import { exchangeHref, queueHref } from '../core/router.js';
import { exchangeLabel } from '../core/format.js';
import { SmallTable } from './table.js';
import { Empty } from './parts.js';
import { Form, Field, Select, useForm } from './forms.js';
import { ArgumentsEditor, toObject } from './arguments.js';
import { confirm, say } from './dialog.js';
import { useNames } from './choices.js';

const unnamed = html`<span class="muted">(AMQP default)</span>`;
const source = (b) => (b.source === '' ? unnamed : html`<a class="clip" href=${exchangeHref(b.vhost, b.source)}>${b.source}</a>`);
const hrefOf = { queue: queueHref, exchange: exchangeHref };
const target = (b) => html`<a class="clip" href=${hrefOf[b.destination_type](b.vhost, b.destination)}>${b.destination}</a>`;

/** The path of a binding; properties_key is encoded once more (management-api §10). */
const path = (b) => at('bindings', b.vhost, 'e', exchangeName(b.source), b.destination_type === 'queue' ? 'q' : 'e', b.destination, b.properties_key);

const remains = (b) => `Messages ${b.routing_key ? `with the routing key “${b.routing_key}” ` : ''}no longer go `
  + `from “${exchangeLabel(b.source)}” to the ${b.destination_type} “${b.destination}” by this binding`;

function unbind(b) {
  return confirm({
    title: 'Unbind?', action: 'Unbind',
    lost: [remains(b)],
    run: () => del(path(b)), said: 'The binding is gone', next: refresh,
  });
}

const Unbind = ({ binding: b }) => html`
  <button type="button" class="btn danger small" onClick=${() => unbind(b)} aria-label=${`Unbind ${b.source} ${b.routing_key}`}>Unbind</button>`;

const columns = (show) => [
  show === 'from' && { id: 'from', label: 'From', by: (b) => b.source, cell: source },
  show === 'to' && { id: 'to', label: 'To', by: (b) => b.destination, cell: target },
  show === 'to' && { id: 'kind', label: 'Kind', by: (b) => b.destination_type, cell: (b) => b.destination_type },
  { id: 'key', label: 'Routing key', by: (b) => b.routing_key, cell: (b) => html`<code class="clip">${b.routing_key}</code>` },
  { id: 'arguments', label: 'Arguments', cell: (b) => Object.entries(b.arguments || {}).map(([k, v]) => html`<code>${k}: ${JSON.stringify(v)}</code> `) },
  may.operate() && { id: 'act', label: '', act: true, cell: (b) => b.source !== '' && html`<${Unbind} binding=${b} />` },
].filter(Boolean);

const empties = {
  from: html`<${Empty} icon="exchanges" title="Nothing is bound to this">It gets no messages but those that are sent to it by name.<//>`,
  to: html`<${Empty} icon="exchanges" title="It leads nowhere yet">
    Messages published here are dropped, or returned to publishers who asked for that, until a queue is bound.<//>`,
};

/** @param {{rows: object[], show: 'from'|'to'}} props */
export const Bindings = ({ rows, show }) => html`
  <${SmallTable} label=${show === 'from' ? 'Bindings to this' : 'Bindings from this'} columns=${columns(show)} rows=${rows}
    keyOf=${(b) => JSON.stringify([b.source, b.destination_type, b.destination, b.properties_key])} empty=${empties[show]} />`;

/** Binds this queue to an exchange. @param {{vhost: string, queue: string}} props */
export function BindQueue({ vhost, queue }) {
  const [f, on, set] = useForm({ source: '', key: '' });
  const [rows, setRows] = useState([]);
  const names = useNames('exchanges', vhost);
  const send = async () => {
    await post(at('bindings', vhost, 'e', f.source, 'q', queue), { routing_key: f.key, arguments: toObject(rows) });
    set({ source: '', key: '' });
    setRows([]);
    say(`Bound to “${f.source}”`);
    refresh();
  };
  return html`
    <${Form} send=${send} button="Bind" label="Add binding to this queue">
      <${Field} label="From exchange" value=${f.source} set=${on('source')} required list=${names} />
      <${Field} label="Routing key" value=${f.key} set=${on('key')} />
      <${ArgumentsEditor} label="Binding arguments" rows=${rows} set=${setRows} />
    <//>`;
}

const hints = {
  topic: 'A pattern: * stands for one word, # for any number of words.', direct: 'Messages with exactly this key.',
  fanout: 'A fanout exchange does not look at it.', headers: 'A headers exchange looks at the arguments instead.',
};

/** Binds a queue or an exchange to this exchange. @param {{vhost: string, exchange: string, type: string}} props */
export function BindExchange({ vhost, exchange, type }) {
  const [f, on, set] = useForm({ kind: 'q', name: '', key: '' });
  const [rows, setRows] = useState([]);
  const queues = useNames('queues', vhost);
  const exchanges = useNames('exchanges', vhost);
  const send = async () => {
    await post(at('bindings', vhost, 'e', exchange, f.kind, f.name), { routing_key: f.key, arguments: toObject(rows) });
    set({ kind: f.kind, name: '', key: '' });
    setRows([]);
    say(`“${f.name}” is bound`);
    refresh();
  };
  return html`
    <${Form} send=${send} button="Bind" label="Add binding from this exchange">
      <${Select} label="To" value=${f.kind} set=${on('kind')} options=${[['q', 'Queue'], ['e', 'Exchange']]} />
      <${Field} label="Destination" value=${f.name} set=${on('name')} required list=${f.kind === 'q' ? queues : exchanges} />
      <${Field} label="Routing key" value=${f.key} set=${on('key')} hint=${hints[type]} />
      <${ArgumentsEditor} label="Binding arguments" rows=${rows} set=${setRows} offers=${[]} />
    <//>`;
}
