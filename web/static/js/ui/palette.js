/** Search from the keyboard: any page and any object, by a part of its name. */
import { html, useState, useEffect, useRef, useId } from '../core/dom.js';
import { get, query } from '../core/api.js';
import { may } from '../core/session.js';
import { go, href, queueHref, exchangeHref, connectionHref, channelHref } from '../core/router.js';
import { Dialog } from './dialog.js';
import { Icon } from './icons.js';

const pages = [
  ['Overview', '', 'overview'], ['Connections', 'connections', 'connections'], ['Channels', 'channels', 'channels'],
  ['Exchanges', 'exchanges', 'exchanges'], ['Queues', 'queues', 'queues'], ['Health', 'health', 'health'], ['Topology', 'topology', 'topology'],
  ['Messages', 'messages', 'messages'], ['Users', 'users', 'user'], ['Virtual hosts', 'vhosts', 'admin'], ['Policies', 'policies', 'admin'],
  ['Limits', 'limits', 'admin'], ['Definitions', 'definitions', 'download'],
];
const most = 6; // of a kind

const kinds = [
  { label: 'Queues', icon: 'queues', path: '/queues', paged: true, item: (q) => [q.name, q.vhost, queueHref(q.vhost, q.name)] },
  { label: 'Exchanges', icon: 'exchanges', path: '/exchanges', paged: true, item: (x) => [x.name || '(AMQP default)', x.vhost, exchangeHref(x.vhost, x.name)] },
  { label: 'Connections', icon: 'connections', path: '/connections', paged: true, item: (c) => [c.name, c.user, connectionHref(c.name)] },
  { label: 'Channels', icon: 'channels', path: '/channels', paged: true, item: (c) => [c.name, c.user, channelHref(c.name)] },
  { label: 'Users', icon: 'user', path: '/users', allowed: may.administer, item: (u) => [u.name, [].concat(u.tags).join(', '), href(['users', u.name])] },
  { label: 'Virtual hosts', icon: 'admin', path: '/vhosts', allowed: may.administer, item: (v) => [v.name, '', href(['vhosts', v.name])] },
  { label: 'Policies', icon: 'admin', path: '/policies', item: (p) => [p.name, p.vhost, href(['policies'], { vhost: p.vhost, edit: p.name })] },
];

async function find(kind, text, signal) {
  const columns = 'name,vhost,user,tags';
  const answer = await get(kind.path + query(kind.paged ? { page: 1, page_size: most, name: text, columns } : { columns }), { signal });
  const rows = Array.isArray(answer) ? answer.filter((r) => String(r.name).toLowerCase().includes(text.toLowerCase())) : answer.items;
  return rows.slice(0, most).map(kind.item).map(([name, more, to]) => ({ name, more, to, icon: kind.icon, group: kind.label }));
}

/** @param {{done: Function}} props */
export function Palette({ done }) {
  const [text, setText] = useState('');
  const [found, setFound] = useState([]);
  const [at, setAt] = useState(0);
  const list = useRef(null);
  const id = useId();
  const fits = (name) => name.toLowerCase().includes(text.toLowerCase());
  const own = pages.filter(([name]) => fits(name)).map(([name, page, icon]) => ({ name, to: href([page]), icon, group: 'Pages' }));
  const all = text ? [...own, ...found] : own;
  useEffect(() => {
    if (!text.trim()) { setFound([]); return undefined; }
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      const results = await Promise.allSettled(kinds.filter((k) => !k.allowed || k.allowed()).map((k) => find(k, text.trim(), abort.signal)));
      if (!abort.signal.aborted) setFound(results.flatMap((r) => (r.status === 'fulfilled' ? r.value : [])));
    }, 120);
    return () => { clearTimeout(timer); abort.abort(); };
  }, [text]);
  useEffect(() => { list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' }); }, [at]);
  const type = (value) => {
    setText(value);
    setAt(0);
  };
  const open = (entry) => { done(); go(entry.to); };
  const keys = (e) => {
    if (e.key === 'ArrowDown') setAt(Math.min(at + 1, all.length - 1));
    else if (e.key === 'ArrowUp') setAt(Math.max(at - 1, 0));
    else if (e.key === 'Enter' && all[at]) open(all[at]);
    else return;
    e.preventDefault();
  };
  return html`
    <${Dialog} class="palette" done=${done}>
      <div class="find">
        <${Icon} name="search" class="icon" />
        <input autofocus role="combobox" aria-expanded="true" aria-controls=${id} aria-activedescendant=${all[at] ? `${id}-${at}` : undefined}
          aria-label="Search everything" placeholder="A page, queue, exchange, connection, user …" autocomplete="off" spellcheck="false"
          value=${text} onInput=${(e) => type(e.target.value)} onKeyDown=${keys} />
        <kbd>Esc</kbd>
      </div>
      <ul id=${id} ref=${list} role="listbox" aria-label="Found">
        ${all.map((entry, i) => html`
          ${(i === 0 || all[i - 1].group !== entry.group) && html`<li class="group" role="presentation">${entry.group}</li>`}
          <li key=${entry.to} id=${`${id}-${i}`} role="option" aria-selected=${String(i === at)} onClick=${() => open(entry)} onMouseMove=${() => setAt(i)}>
            <${Icon} name=${entry.icon} /><span class="break">${entry.name}</span>${entry.more && html`<span class="muted">${entry.more}</span>`}
          </li>`)}
        ${all.length === 0 && html`<li class="group" role="presentation">Nothing is called “${text}”</li>`}
      </ul>
    <//>`;
}
