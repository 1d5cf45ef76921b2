/** A table: heads that sort, and rows of which only those in sight are drawn when there are many. */
import { html, useState, useLayoutEffect, useRef } from '../core/dom.js';
import { Icon } from './icons.js';

const rowHeight = 44; // --row in tokens.css
const drawAll = 60; // up to so many rows are drawn as they are
const margin = 12; // rows drawn beyond what is in sight

// useWindow tells which rows of a long table are in sight, [from, to).
function useWindow(body, total) {
  const [range, set] = useState([0, drawAll]);
  useLayoutEffect(() => {
    if (total <= drawAll) return undefined;
    let frame = 0;
    const look = () => {
      frame = 0;
      if (!body.current) return;
      const above = Math.max(0, -body.current.getBoundingClientRect().top);
      const from = Math.max(0, Math.floor(above / rowHeight) - margin);
      const to = Math.min(total, Math.ceil((above + window.innerHeight) / rowHeight) + margin);
      set((old) => (old[0] === from && old[1] === to ? old : [from, to]));
    };
    const soon = () => { frame ||= requestAnimationFrame(look); };
    look();
    window.addEventListener('scroll', soon, { passive: true });
    window.addEventListener('resize', soon);
    return () => {
      cancelAnimationFrame(frame);
      window.removeEventListener('scroll', soon);
      window.removeEventListener('resize', soon);
    };
  }, [total > drawAll, total]);
  return total <= drawAll ? [0, total] : [Math.min(range[0], Math.max(0, total - 1)), Math.min(range[1], total)];
}

/**
 * @typedef {object} Column
 * @property {string} id
 * @property {string} label
 * @property {(row: *) => *} cell
 * @property {string} [group] heading over several columns
 * @property {boolean} [num] numbers stand right
 * @property {string} [sort] key by which the API sorts, or a value to sort by here
 * @property {(row: *) => *} [by] what rows are sorted by where the page sorts them itself
 * @property {boolean} [on] shown unless a person chose otherwise
 */

/**
 * @param {{label: string, columns: Column[], rows: *[], keyOf: (row: *) => string, sort?: string, reverse?: boolean,
 *   onSort?: (column: Column) => void, start?: number, total?: number}} props
 * start is the number of the first row, total how many there are on all pages
 */
export function Table({ label, columns, rows, keyOf, sort, reverse, onSort, start = 0, total }) {
  const body = useRef(null);
  const [from, to] = useWindow(body, rows.length);
  const many = rows.length > drawAll;
  const groups = new Set(columns.map((c) => c.group || '')).size > 2;
  return html`
    <div class="table-wrap" role="group" aria-label=${label} tabindex="0">
      <table class="fixed" aria-label=${label} aria-rowcount=${(total ?? rows.length) + 1}>
        <thead>
          ${groups && html`<tr class="groups">${spans(columns).map(([text, n], i) => html`<${Group} key=${i} text=${text} span=${n} />`)}</tr>`}
          <tr>${columns.map((c) => html`<${Head} key=${c.id} column=${c} active=${(c.sort || c.id) === sort} reverse=${reverse} onSort=${onSort} />`)}</tr>
        </thead>
        <tbody ref=${body}>
          ${from > 0 && html`<${Pad} key="above" rows=${from} span=${columns.length} />`}
          ${rows.slice(from, to).map((row, i) => html`
            <tr key=${keyOf(row)} aria-rowindex=${many || total ? start + from + i + 2 : undefined}>
              ${columns.map((c) => html`<td key=${c.id} class=${c.num ? 'num' : c.act ? 'act' : undefined}>${c.cell(row)}</td>`)}
            </tr>`)}
          ${to < rows.length && html`<${Pad} key="below" rows=${rows.length - to} span=${columns.length} />`}
        </tbody>
      </table>
    </div>`;
}

// Pad stands for rows that are not in sight.
const Pad = ({ rows, span }) => html`
  <tr class="pad" aria-hidden="true" style=${{ height: `${rows * rowHeight}px` }}><td colspan=${span}></td></tr>`;

const Group = ({ text, span }) => (text
  ? html`<th colspan=${span} scope="colgroup"><span>${text}</span></th>`
  : html`<td colspan=${span}></td>`);

function Head({ column, active, reverse, onSort }) {
  const sortable = onSort && (column.sort || column.by);
  if (!sortable) return html`<th scope="col" class=${column.num ? 'num' : undefined}>${column.label || html`<span class="sr">Actions</span>`}</th>`;
  return html`
    <th scope="col" class=${column.num ? 'num' : undefined} aria-sort=${active ? (reverse ? 'descending' : 'ascending') : 'none'}>
      <button type="button" onClick=${() => onSort(column)}>${column.label}${active && html`<${Icon} name=${reverse ? 'down' : 'up'} />`}</button></th>`;
}

// spans joins neighbours of one group: [[group, columns]].
function spans(columns) {
  const out = [];
  for (const c of columns) {
    const last = out[out.length - 1];
    if (last && last[0] === (c.group || '')) last[1]++;
    else out.push([c.group || '', 1]);
  }
  return out;
}

/**
 * Sorts rows by a column, numbers as numbers and text as people read it.
 * @param {*[]} rows @param {Column|undefined} column @param {boolean} reverse
 */
export function sortRows(rows, column, reverse) {
  if (!column?.by) return rows;
  const sorted = [...rows].sort((a, b) => {
    const x = column.by(a) ?? '';
    const y = column.by(b) ?? '';
    return typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y), undefined, { numeric: true });
  });
  return reverse ? sorted.reverse() : sorted;
}

/**
 * A table of rows that are all here, sorted by its heads; for parts of a page.
 * @param {{label: string, columns: Column[], rows: *[], keyOf: (row: *) => string, empty?: *, by?: string}} props
 */
export function SmallTable({ label, columns, rows, keyOf, empty }) {
  const [order, setOrder] = useState({ sort: '', reverse: false });
  if (rows.length === 0 && empty) return empty;
  const column = columns.find((c) => c.id === order.sort);
  const onSort = (c) => setOrder((old) => ({ sort: c.id, reverse: old.sort === c.id ? !old.reverse : false }));
  const named = columns.map((c) => ({ ...c, sort: c.by ? c.id : undefined }));
  return html`
    <${Table} label=${label} columns=${named} rows=${sortRows(rows, column, order.reverse)} keyOf=${keyOf}
      sort=${order.sort} reverse=${order.reverse} onSort=${onSort} />`;
}
