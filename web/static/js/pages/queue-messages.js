/** The messages of one queue: a list that can be searched, one of them in full, and what can be done with all that match. */
import { html, useState, useEffect, useRef, useMemo } from '../core/dom.js';
import { at } from '../core/api.js';
import { may } from '../core/session.js';
import { usePoll } from '../core/poll.js';
import { queueHref, patchQuery } from '../core/router.js';
import { bytes, count, plural, exchangeLabel } from '../core/format.js';
import { conditions, inWords } from '../know/search.js';
import { story } from '../know/deaths.js';
import { Page, Empty, Fault, Loaded, Meter } from '../ui/parts.js';
import { Field, Select } from '../ui/forms.js';
import { Icon } from '../ui/icons.js';
import { Message, MessageTags } from '../ui/message.js';
import { Transfers } from '../ui/transfers.js';
import { useBrowse } from '../ui/browse.js';
import { ask } from '../ui/dialog.js';
import { TransferDialog } from './transfer-dialog.js';

const typing = 350; // ms without a key before the search begins

const amounts = (q) => `${plural(q.messages_ready ?? 0, 'message')} ready, ${count(q.messages_unacknowledged ?? 0)} unacknowledged. `
  + 'Looking takes nothing out and marks nothing.';

/** @param {{vhost: string, name: string, query: Record<string,string>}} props the queue, and the search */
export function QueueMessages({ vhost, name, query: q }) {
  const poll = usePoll(`${at('queues', vhost, name)}?columns=name,vhost,type,messages,messages_ready,messages_unacknowledged,consumers`);
  const filter = useMemo(() => conditions(q), [JSON.stringify(q)]);
  const found = useBrowse(at('queues', vhost, name, 'browse'), { ...filter, order: q.order, state: q.state });
  const begin = (action) => ask(TransferDialog, { vhost, queue: name, action, filter });
  const queue = poll.data;
  return html`
    <${Page} title=${name} crumbs=${[['Messages', '#/messages'], [vhost, '#/messages']]} lead=${queue ? amounts(queue) : ' '}
      actions=${html`<a class="btn" href=${queueHref(vhost, name)}><${Icon} name="queues" />The queue itself</a>
        ${may.operate() && html`<button type="button" class="btn" onClick=${() => begin('move')}><${Icon} name="exchanges" />Move or copy</button>
        <button type="button" class="btn primary" onClick=${() => begin('redrive')}><${Icon} name="back" />Redrive</button>`}`}>
      <${Loaded} poll=${poll}>${() => html`
        <${Transfers} vhost=${vhost} queue=${name} ended=${found.again} />
        <section class="card" aria-label="Messages">
          <${Search} q=${q} />
          <${Progress} found=${found} filter=${filter} />
          ${found.error && html`<div class="pad"><${Fault} error=${found.error} retry=${found.again} /></div>`}
          <${Found} found=${found} queue=${name} filter=${filter} />
        </section>`}<//>
    <//>`;
}

const states = [['', 'All'], ['ready', 'Ready'], ['unacknowledged', 'Unacknowledged']];
const rarer = ['exchange', 'redelivered', 'older', 'younger'];
const searchable = ['body', 'key', 'header', ...rarer];
const orders = [['', 'Oldest first'], ['newest', 'Newest first']];
const before = [['', 'Either'], ['true', 'Yes'], ['false', 'No']];

// Search edits the address after a pause, so that a search can be sent to somebody.
function Search({ q }) {
  const [f, set] = useState(q);
  const [more, setMore] = useState(rarer.some((k) => q[k]));
  const timer = useRef(0);
  const sent = useRef(JSON.stringify(q));
  useEffect(() => {
    if (JSON.stringify(q) !== sent.current) set(q); // somebody followed a link
    sent.current = JSON.stringify(q);
  }, [JSON.stringify(q)]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const on = (key, wait = typing) => (value) => {
    set((old) => ({ ...old, [key]: value }));
    clearTimeout(timer.current);
    timer.current = setTimeout(() => patchQuery({ ...f, [key]: value }), wait);
  };
  const now = (wanted) => {
    clearTimeout(timer.current);
    set(wanted);
    patchQuery(wanted);
  };
  const submit = (e) => {
    e.preventDefault();
    now(f);
  };
  const clear = () => now({ ...f, ...Object.fromEntries(searchable.map((k) => [k, ''])) });
  return html`
    <form class="search" role="search" aria-label="Search messages" onSubmit=${submit}>
      <${Field} label="Body contains" value=${f.body || ''} set=${on('body')} placeholder="ord_88123" />
      <${Field} label="Routing key" value=${f.key || ''} set=${on('key')} placeholder="order.*.eu" />
      <${Field} label="Header" value=${f.header || ''} set=${on('header')} placeholder="name or name=value" />
      <${Select} label="State" value=${f.state || ''} set=${on('state', 0)} options=${states} />
      <${Select} label="Order" value=${f.order || ''} set=${on('order', 0)} options=${orders} />
      ${more && html`
        <${Field} label="Exchange" value=${f.exchange || ''} set=${on('exchange')} placeholder="amq.default" />
        <${Select} label="Delivered before" value=${f.redelivered || ''} set=${on('redelivered', 0)} options=${before} />
        <${Field} label="Older than (min)" type="number" min="0" value=${f.older || ''} set=${on('older')} />
        <${Field} label="Younger than (min)" type="number" min="0" value=${f.younger || ''} set=${on('younger')} />`}
      <div class="row">
        <button type="button" class="btn quiet small" aria-expanded=${String(more)} onClick=${() => setMore(!more)}>
          ${more ? 'Fewer conditions' : 'More conditions'}</button>
        ${Object.keys(conditions(f)).length > 0 && html`<button type="button" class="btn quiet small" onClick=${clear}>Clear</button>`}
        <button class="sr" tabindex="-1">Search</button>
      </div>
    </form>`;
}

function Progress({ found: s, filter }) {
  const words = inWords(filter);
  const searching = words && s.total > 0;
  return html`
    <div class="found" role="status">
      <span>${words ? `${plural(s.messages.length, 'message')} found ${words}` : `${count(s.messages.length)} of ${plural(s.total ?? 0, 'message')} shown`}
        ${searching && html` <span class="muted">· ${count(Math.min(s.examined, s.total))} of ${count(s.total)} looked at</span>`}</span>
      ${s.running && searching && html`<${Meter} value=${s.examined} max=${s.total} label="Messages looked at" tone="ok" />`}
      <span class="grow"></span>
      ${s.running && s.examined > 0
    ? html`<button type="button" class="btn quiet small" onClick=${s.stop}><${Icon} name="stop" />Stop</button>`
    : html`<button type="button" class="btn quiet small" onClick=${s.again} disabled=${s.running}><${Icon} name="refresh" />Look again</button>`}
    </div>`;
}

// useWide tells whether one message fits beside the list.
function useWide() {
  const query = useMemo(() => window.matchMedia('(min-width: 64rem)'), []);
  const [wide, set] = useState(query.matches);
  useEffect(() => {
    const listener = () => set(query.matches);
    query.addEventListener('change', listener);
    return () => query.removeEventListener('change', listener);
  }, []);
  return wide;
}

// Nothing says why there is nothing in the list.
function Nothing({ found: s, filter }) {
  if (s.running || s.error) return html`<div class="found-none" aria-hidden="true"></div>`;
  if (s.cursor) {
    return html`
      <${Empty} icon="search" title="Nothing found so far">${count(s.examined)} of ${count(s.total)} messages were looked at.${' '}
        <button type="button" class="btn small" onClick=${s.more}>Search on</button><//>`;
  }
  return Object.keys(filter).length > 0
    ? html`<${Empty} icon="search" title="No message matches">Try fewer conditions. Text is compared as it is written, capital letters included.<//>`
    : html`<${Empty} icon="messages" title="The queue is empty">What arrives is shown here, until a consumer takes it.<//>`;
}

function Found({ found: s, queue, filter }) {
  const wide = useWide();
  const [chosen, choose] = useState(null);
  const open = s.messages.find((m) => m.position === chosen) || (wide ? s.messages[0] : undefined);
  if (s.messages.length === 0) return html`<${Nothing} found=${s} filter=${filter} />`;
  const keys = (e) => {
    const to = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (!to) return;
    e.preventDefault();
    const rows = [...e.currentTarget.querySelectorAll('.m-row')];
    rows[rows.indexOf(document.activeElement) + to]?.focus();
  };
  return html`
    <div class="found-list">
      <ul onKeyDown=${keys}>
        ${s.messages.map((m) => html`
          <li key=${m.position}>
            <${Row} message=${m} open=${m === open} choose=${() => choose(!wide && m === open ? null : m.position)}
              onFocus=${wide ? () => choose(m.position) : undefined} />
            ${!wide && m === open && html`<${Message} message=${m} number=${m.position} here=${queue} />`}
          </li>`)}
        ${s.cursor && html`
          <li class="row end pad">
            <button type="button" class="btn small" disabled=${s.running} onClick=${s.more}>${s.running ? 'Looking …' : 'More'}</button>
          </li>`}
      </ul>
      ${wide && open && html`<div class="found-one"><${Message} key=${open.position} message=${open} number=${open.position} here=${queue} /></div>`}
    </div>`;
}

// whence says in a few words where a message comes from.
function whence(m) {
  const last = story(m.properties?.headers).at(-1);
  if (last) return `${last.what} in ${last.queue}`;
  return [!m.unreadable && exchangeLabel(m.exchange), m.properties?.content_type].filter(Boolean).join(' · ');
}

function Row({ message: m, open, choose, onFocus }) {
  return html`
    <button type="button" class="m-row" aria-expanded=${String(open)} onClick=${choose} onFocus=${onFocus}>
      <span class="m-no">${count(m.position)}</span>
      <span class="m-main">
        <code class="clip">${m.unreadable ? '(cannot be read)' : m.routing_key || '(no key)'}</code>
        <span class="m-sub">${whence(m)}</span></span>
      <span class="badges"><${MessageTags} message=${m} /></span>
      <span class="m-size">${bytes(m.payload_bytes)}</span>
    </button>`;
}
