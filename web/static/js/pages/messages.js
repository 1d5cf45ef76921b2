/** Messages: choose a queue, look inside without taking anything out, search, and send dead letters back. */
import { html, useState, useMemo, useRef } from '../core/dom.js';
import { at, post, exchangeName } from '../core/api.js';
import { may } from '../core/session.js';
import { usePoll, refresh } from '../core/poll.js';
import { href, queueHref } from '../core/router.js';
import { count, plural } from '../core/format.js';
import { origin } from '../know/deaths.js';
import { Page, Card, Empty, Note, Loaded, Meter } from '../ui/parts.js';
import { Form, Field, Radios, useForm } from '../ui/forms.js';
import { ServerList } from '../ui/list.js';
import { Message } from '../ui/message.js';
import { confirm, say } from '../ui/dialog.js';
import { useNames } from '../ui/choices.js';
import { usePlace } from '../ui/shell.js';

const columns = (several) => [
  { id: 'name', label: 'Queue', fixed: true, sort: 'name', cell: (q) => html`<a class="strong clip" href=${href(['messages', q.vhost, q.name])}>${q.name}</a>` },
  { id: 'vhost', label: 'Virtual host', on: several, sort: 'vhost', cell: (q) => q.vhost },
  { id: 'ready', label: 'Ready', on: true, num: true, sort: 'messages_ready', cell: (q) => count(q.messages_ready) },
  { id: 'unacked', label: 'Unacked', on: true, num: true, sort: 'messages_unacknowledged', cell: (q) => count(q.messages_unacknowledged) },
  { id: 'type', label: 'Type', on: true, sort: 'type', cell: (q) => q.type },
];

/** The list of queues to look into. */
export function Messages() {
  const { vhost, several } = usePlace();
  return html`
    <${Page} title="Messages" lead="Choose a queue to look inside it, to search its messages, or to send dead letters back.">
      <${ServerList} id="messages" noun="queues" path=${vhost ? at('queues', vhost) : '/queues'} columns=${columns(several)} keyOf=${(q) => `${q.vhost} ${q.name}`} empty=${html`<${Empty} icon="messages" title="No queues yet">Messages wait in queues; there is none.<//>`} />
    <//>`;
}

const searchable = (m) => [m.payload, m.routing_key, m.exchange, JSON.stringify(m.properties)].join('\n').toLowerCase();

/** @param {{vhost: string, name: string}} props the queue */
export function QueueMessages({ vhost, name }) {
  const poll = usePoll(at('queues', vhost, name));
  const [got, setGot] = useState(null);
  const [search, setSearch] = useState('');
  const [f, on] = useForm({ count: '20' });
  const found = useMemo(() => (got || []).map((m, i) => [m, i + 1]).filter(([m]) => !search || searchable(m).includes(search.toLowerCase())), [got, search]);
  const look = async () => setGot(await post(at('queues', vhost, name, 'get'), { count: Number(f.count), ackmode: 'ack_requeue_true', encoding: 'auto', truncate: 50000 }));
  return html`
    <${Page} title=${name} crumbs=${[['Messages', '#/messages'], [vhost, '#/messages']]} lead="Messages of this queue" actions=${html`<a class="btn" href=${queueHref(vhost, name)}>The queue itself</a>`}>
      <${Loaded} poll=${poll}>${(q) => html`
        <${Card} title="Browse" lead=${`${plural(q.messages_ready ?? 0, 'message')} ready. They are shown and given back at once: none is taken out, but they are marked redelivered.`}>
          ${may.operate() ? html`<${Form} send=${look} button="Browse messages" label="Browse messages"><${Field} label="How many" type="number" min="1" max="1000" value=${f.count} set=${on('count')} required />
            <${Field} label="Search in them" value=${search} set=${setSearch} placeholder="payload, header, key" /><//>` : html`<p class="muted">Your user only watches: messages are shown to users with the tag management or a higher one.</p>`}
          <div class="stack" aria-live="polite">
            ${got && html`<p class="muted">${search ? `${count(found.length)} of ${count(got.length)} match “${search}”` : plural(got.length, 'message')}</p>`}
            ${got?.length === 0 && html`<${Empty} icon="messages" title="The queue is empty">Nothing is ready. Messages that consumers hold are not shown.<//>`}
            ${found.map(([m, i]) => html`<${Message} key=${i} message=${m} number=${i} />`)}
          </div>
        <//>
        ${may.operate() && q.type !== 'stream' && html`<${Move} queue=${q} />`}`}<//>
    <//>`;
}

const kinds = [['origin', 'Back to where they died', 'To the queue named by x-death'], ['queue', 'To a queue', ''], ['exchange', 'To an exchange', 'With their routing keys']];

// target says where a message is published again: [exchange, key], or null where it does not tell.
function target(m, f) {
  if (f.kind === 'queue') return ['', f.to];
  if (f.kind === 'exchange') return [f.to, m.routing_key];
  const from = origin(m.properties?.headers);
  return from ? ['', from.queue] : null;
}

// withoutDeaths leaves out what the broker wrote when the message died, so that it can die afresh.
function withoutDeaths(properties) {
  const p = { ...(Array.isArray(properties) ? {} : properties) };
  if (p.headers) p.headers = Object.fromEntries(Object.entries(p.headers).filter(([k]) => !/^x-(first-)?death/.test(k) && !/^x-last-death/.test(k)));
  delete p.expiration;
  return p;
}

/**
 * Moves messages one by one: each is published first and taken out only when it
 * was routed. The message at the head is looked at, published and then taken, so
 * a crash between leaves it in both places and never in neither.
 */
async function move(q, f, control, progress) {
  const path = at('queues', q.vhost, q.name, 'get');
  for (let done = 0; done < Number(f.count) && !control.stop; done++) {
    const [m] = await post(path, { count: 1, ackmode: 'ack_requeue_true', encoding: 'base64' });
    if (!m) return 'The queue is empty.';
    const to = target(m, f);
    if (!to) return 'The next message has no x-death header, so it is not known where it came from.';
    const answer = await post(at('exchanges', q.vhost, exchangeName(to[0]), 'publish'), { properties: withoutDeaths(m.properties), routing_key: to[1], payload: m.payload, payload_encoding: m.payload_encoding });
    if (!answer.routed) return `The next message would reach no queue: nothing is called or bound as “${to[1]}”.`;
    const [taken] = await post(path, { count: 1, ackmode: 'ack_requeue_false', encoding: 'base64' });
    if (!taken || taken.payload !== m.payload || taken.routing_key !== m.routing_key) {
      if (taken) await post(at('exchanges', q.vhost, 'amq.default', 'publish'), { properties: Array.isArray(taken.properties) ? {} : taken.properties, routing_key: q.name, payload: taken.payload, payload_encoding: taken.payload_encoding });
      return 'Somebody else took messages meanwhile, so the move stopped. The last message may be in both places. Stop the consumers, then go on.';
    }
    progress(done + 1);
  }
  return control.stop ? 'Stopped. Press the button again to go on.' : '';
}

function Move({ queue: q }) {
  const [f, on] = useForm({ kind: 'origin', to: '', count: String(q.messages_ready || 1) });
  const [state, set] = useState(null);
  const control = useRef({ stop: false });
  const names = useNames(f.kind === 'exchange' ? 'exchanges' : 'queues', q.vhost);
  const send = async () => {
    const sure = await confirm({ title: `Move ${plural(Number(f.count), 'message')} out of “${q.name}”?`, action: 'Move messages', text: 'Each message is published to its target first and taken out after that: if this stops in between, one message is in both places, and none is lost.' });
    if (!sure) return;
    control.current = { stop: false };
    set({ moved: 0, total: Number(f.count), running: true, text: '' });
    try {
      const text = await move(q, f, control.current, (moved) => set((old) => ({ ...old, moved })));
      set((old) => ({ ...old, running: false, text }));
      say('The move has ended', text);
    } finally {
      set((old) => ({ ...old, running: false }));
      refresh();
    }
  };
  return html`
    <${Card} title="Move messages" lead="For queues without consumers, such as those of dead letters.">
      ${q.consumers > 0 && html`<${Note} tone="warn" title="This queue has consumers">They would take messages meanwhile. Stop them first.<//>`}
      <${Form} send=${send} button="Move messages" label="Move messages" disabled=${state?.running || q.consumers > 0} extra=${state?.running && html`<button type="button" class="btn" onClick=${() => { control.current.stop = true; }}>Stop</button>`}>
        <${Radios} label="Where to" value=${f.kind} set=${on('kind')} options=${kinds} cards />
        ${f.kind !== 'origin' && html`<${Field} label=${f.kind === 'queue' ? 'Destination queue' : 'Destination exchange'} value=${f.to} set=${on('to')} required list=${names} />`}
        <${Field} label="How many to move" type="number" min="1" value=${f.count} set=${on('count')} required />
      <//>
      ${state && html`<div role="status"><p>${count(state.moved)} of ${count(state.total)} moved. ${state.text}</p><${Meter} value=${state.moved} max=${state.total} label="Messages moved" tone="ok" /></div>`}
    <//>`;
}
