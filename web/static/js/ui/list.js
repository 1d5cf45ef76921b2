/**
 * A list page's table: filter, regular expression, pages, sorting and choosable
 * columns. All of it but the columns is in the address, so that it can be sent
 * to somebody else. Either the API pages and sorts (path), or rows are all here.
 */
import { html, useState, useEffect, useRef, useMemo, useId } from '../core/dom.js';
import { query } from '../core/api.js';
import { usePoll } from '../core/poll.js';
import { usePref } from '../core/prefs.js';
import { patchQuery, useRoute } from '../core/router.js';
import { count, plural } from '../core/format.js';
import { Table, sortRows } from './table.js';
import { Icon } from './icons.js';
import { Tick } from './forms.js';
import { Fault, Empty, Loading } from './parts.js';

const sizes = [25, 50, 100, 200, 500];
const typing = 180; // ms without a key before the filter is sent

// useOrder is what the address says, and what holds where it says nothing: first is a column of numbers to sort by.
function useOrder(id, first) {
  const { query: q } = useRoute();
  const [size, setSize] = usePref(`size.${id}`, 100);
  const sort = q.sort || first || '';
  const reverse = q.sort ? q.reverse === '1' : !!first;
  return {
    sort, reverse, filter: q.filter || '', regex: q.regex === '1', page: Math.max(1, Number(q.page) || 1), size: Number(q.size) || size,
    setSize: (n) => { setSize(n); patchQuery({ page: '', size: '' }); },
    onSort: (c) => {
      const key = c.sort || c.id;
      const down = key === sort ? !reverse : c.num; // numbers begin with the largest
      patchQuery({ sort: key, reverse: down ? '1' : '', page: '' });
    },
  };
}

/**
 * A list that the API pages.
 * @param {{id: string, noun: string, path: string, columns: import('./table.js').Column[], keyOf: Function, empty: *, tools?: *,
 *   params?: object, first?: string}} props
 * noun is the plural that people read, first the numbers that are sorted by while nobody chose
 */
export function ServerList(props) {
  const { id, path, params, first } = props;
  const order = useOrder(id, first);
  const poll = usePoll(path + query({
    page: order.page, page_size: order.size, name: order.filter, use_regex: order.regex, pagination: true,
    sort: order.sort, sort_reverse: order.sort ? order.reverse : undefined, ...params,
  }));
  const beyond = poll.error && /page.*out of range/i.test(poll.error.reason || '');
  useEffect(() => { if (beyond) patchQuery({ page: '' }); }, [beyond]);
  const data = Array.isArray(poll.data) ? { items: poll.data, total_count: poll.data.length, filtered_count: poll.data.length, page_count: 1 } : poll.data;
  return html`<${Frame} ...${props} order=${order} poll=${poll} data=${data} />`;
}

/**
 * A list whose rows are all here; it is filtered, sorted and paged in the browser.
 * @param {{id: string, noun: string, rows: *[]|undefined, poll: object, columns: import('./table.js').Column[], keyOf: Function,
 *   textOf: (row: *) => string, empty: *, tools?: *}} props
 */
export function LocalList(props) {
  const { id, rows, columns, textOf } = props;
  const order = useOrder(id);
  const { filter, regex, page, size, sort, reverse } = order;
  const data = useMemo(() => rows && pageOf(rows, order, columns, textOf), [rows, filter, regex, page, size, sort, reverse]);
  return html`<${Frame} ...${props} order=${order} data=${data} />`;
}

function pageOf(rows, order, columns, textOf) {
  let keep = () => true;
  if (order.filter) {
    const text = order.filter.toLowerCase();
    keep = (row) => textOf(row).toLowerCase().includes(text);
    if (order.regex) {
      try {
        const pattern = new RegExp(order.filter, 'i');
        keep = (row) => pattern.test(textOf(row));
      } catch {
        keep = () => false; // a pattern that is not finished matches nothing yet
      }
    }
  }
  const kept = rows.filter(keep);
  const sorted = sortRows(kept, columns.find((c) => (c.sort || c.id) === order.sort), order.reverse);
  const pages = Math.ceil(kept.length / order.size);
  const page = Math.min(order.page, Math.max(1, pages));
  const items = sorted.slice((page - 1) * order.size, page * order.size);
  return { items, total_count: rows.length, filtered_count: kept.length, page_count: pages, page };
}

const singular = (noun) => noun.replace(/ies$/, 'y').replace(/s$/, '');

// Amount says how many there are, and how many of them the filter leaves.
function Amount({ data, noun, filter }) {
  const { total_count: total, filtered_count: kept } = data;
  return html`
    <span class="count" role="status">${filter ? `${count(kept)} of ${count(total)} ${noun}` : plural(total, singular(noun), noun)}</span>`;
}

function Frame({ id, noun, columns, keyOf, empty, tools, order, poll, data }) {
  const [chosen, choose] = usePref(`columns.${id}`, null);
  const visible = columns.filter((c) => c.fixed || (chosen ? chosen.includes(c.id) : c.on));
  const nothing = data && data.total_count === 0;
  return html`
    <section class="card" aria-label=${noun}>
      <div class="tools">
        <${Filter} order=${order} />
        ${tools}
        <div class="side">
          ${data && html`<${Amount} data=${data} noun=${noun} filter=${order.filter} />`}
          ${data && data.page_count > 1 && html`<${Pager} page=${data.page || order.page} pages=${data.page_count} />`}
          <label class="tick hide-s"><span class="sr">Rows on a page</span>
            <select value=${order.size} onChange=${(e) => order.setSize(Number(e.target.value))} title="Rows on a page">
              ${sizes.map((n) => html`<option key=${n} value=${n} selected=${n === order.size}>${n}</option>`)}
            </select></label>
          <${Chooser} columns=${columns} visible=${visible} choose=${choose} />
        </div>
      </div>
      ${poll.error && poll.error.status !== 0 && html`<div class="body"><span></span><${Fault} error=${poll.error} retry=${poll.again} /></div>`}
      ${!data && !poll.error && html`<${Loading} />`}
      ${nothing && empty}
      ${data && !nothing && data.items.length === 0 && html`
        <${Empty} icon="search" title="Nothing matches the filter">
          No ${noun} with “${order.filter}” in the name.${' '}
          <button type="button" class="btn small" onClick=${() => patchQuery({ filter: '', page: '' })}>Clear the filter</button>
        <//>`}
      ${data && data.items.length > 0 && html`
        <${Table} label=${noun} columns=${visible} rows=${data.items} keyOf=${keyOf} sort=${order.sort} reverse=${order.reverse} onSort=${order.onSort}
          start=${((data.page || order.page) - 1) * order.size} total=${data.filtered_count} />`}
    </section>`;
}

function Filter({ order }) {
  const [text, setText] = useState(order.filter);
  const timer = useRef(0);
  const sent = useRef(order.filter);
  const id = useId();
  useEffect(() => {
    if (order.filter !== sent.current) setText(order.filter); // somebody followed a link
    sent.current = order.filter;
  }, [order.filter]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const type = (value) => {
    setText(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      sent.current = value;
      patchQuery({ filter: value, page: '' });
    }, typing);
  };
  return html`
    <div class="filter" role="search"><${Icon} name="search" /><label class="sr" for=${id}>Filter</label>
      <input id=${id} type="search" value=${text} placeholder=${order.regex ? 'Filter by regular expression' : 'Filter by name'}
        autocomplete="off" spellcheck="false" onInput=${(e) => type(e.target.value)} /></div>
    <label class="tick">
      <input type="checkbox" checked=${order.regex} onChange=${(e) => patchQuery({ regex: e.target.checked ? '1' : '', page: '' })} /> regex
    </label>`;
}

function Pager({ page, pages }) {
  const to = (n) => patchQuery({ page: n > 1 ? Math.min(n, pages) : '' });
  return html`
    <nav class="pager" aria-label="Pages">
      <button type="button" class="btn quiet small" disabled=${page <= 1} onClick=${() => to(page - 1)} aria-label="Previous page">‹</button>
      <label><span class="sr">Page</span>
        <input type="number" min="1" max=${pages} value=${page} onChange=${(e) => to(Number(e.target.value) || 1)} /></label> of ${count(pages)}
      <button type="button" class="btn quiet small" disabled=${page >= pages} onClick=${() => to(page + 1)} aria-label="Next page">›</button>
    </nav>`;
}

function Chooser({ columns, visible, choose }) {
  const [open, setOpen] = useState(false);
  const ref = useRef(null);
  useEffect(() => {
    if (!open) return undefined;
    const away = (e) => { if (!ref.current.contains(e.target)) setOpen(false); };
    document.addEventListener('mousedown', away);
    return () => document.removeEventListener('mousedown', away);
  }, [open]);
  const groups = [...new Set(columns.map((c) => c.group || 'General'))];
  const flip = (c, on) => choose(columns.filter((x) => (x.id === c.id ? on : visible.includes(x))).map((x) => x.id));
  return html`
    <div class="pop" ref=${ref} onKeyDown=${(e) => e.key === 'Escape' && setOpen(false)}>
      <button type="button" class="btn small icon" aria-expanded=${String(open)} aria-label="Columns" title="Columns" onClick=${() => setOpen(!open)}>
        <${Icon} name="columns" /></button>
      ${open && html`
        <div class="panel" role="group" aria-label="Columns to show">
          <div class="choices">${groups.map((g) => html`<h4>${g}</h4>
            ${columns.filter((c) => (c.group || 'General') === g && !c.fixed && c.label).map((c) => html`
              <${Tick} key=${c.id} label=${c.label} value=${visible.includes(c)} set=${(on) => flip(c, on)} />`)}`)}
          </div>
          <p><button type="button" class="btn small" onClick=${() => choose(null)}>As it was</button></p>
        </div>`}
    </div>`;
}
