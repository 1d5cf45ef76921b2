/** A form's table of names, values and types, with the names that are known offered and explained. */
import { html } from '../core/dom.js';
import { say, keyOf } from '../know/keys.js';
import { count } from '../core/format.js';
import { Icon } from './icons.js';

const types = [['string', 'String'], ['number', 'Number'], ['boolean', 'Boolean'], ['list', 'List']];
const plainTypes = { number: 'number', ms: 'number', bytes: 'number', boolean: 'boolean', list: 'list' };
const typeOf = (known) => plainTypes[known?.type] || 'string';

// blank is an empty row.
const blank = () => ({ name: '', value: '', type: 'string' });

/** Rows as an object for the API. Throws with words when a value is not what its type says. @param {object[]} rows */
export function toObject(rows) {
  const out = {};
  for (const { name, value, type } of rows) {
    if (name.trim() !== '') out[name.trim()] = convert(name, value, type);
  }
  return out;
}

function convert(name, value, type) {
  const fault = (text) => Object.assign(new Error(`“${name}” ${text}`), { advice: '', reason: '' });
  switch (type) {
    case 'number': {
      const n = Number(value);
      if (String(value).trim() === '' || Number.isNaN(n)) throw fault(`has to be a number, and “${value}” is none`);
      return n;
    }
    case 'boolean':
      if (!/^(true|false)$/.test(String(value))) throw fault('has to be true or false');
      return String(value) === 'true';
    case 'list':
      return String(value).split(',').map((v) => v.trim()).filter(Boolean);
    default:
      return value;
  }
}

const typeOfValue = (value) => (Array.isArray(value) ? 'list' : ['number', 'boolean'].includes(typeof value) ? typeof value : 'string');

/** An object as rows, to be edited. @param {Record<string,*>} values */
export const toRows = (values) => Object.entries(values || {}).map(([name, value]) => ({
  name, value: Array.isArray(value) ? value.join(', ') : String(value), type: typeOfValue(value),
}));

/**
 * @param {{label: string, rows: object[], set: Function, offers?: import('../know/keys.js').Known[]}} props
 */
export function ArgumentsEditor({ label, rows, set, offers = [] }) {
  const change = (i, patch) => set(rows.map((r, j) => (j === i ? { ...r, ...patch } : r)));
  const add = (k) => {
    const fresh = { name: k.name, value: k.type === 'choice' ? k.choices[0] : k.type === 'boolean' ? 'true' : '', type: typeOf(k) };
    set([...rows.filter((r) => r.name !== '' || r.value !== ''), fresh]);
  };
  const left = offers.filter((k) => !rows.some((r) => r.name === k.name));
  return html`
    <fieldset class="wide pairs"><legend class="label">${label}</legend>
      ${rows.map((r, i) => html`
        <${Pair} key=${i} row=${r} n=${i + 1} offers=${offers} change=${(p) => change(i, p)} remove=${() => set(rows.filter((_, j) => j !== i))} />`)}
      <div class="offers">${groupsOf(left).map(([group, keys]) => html`
        <div key=${group} class="chips">
          ${group && html`<span>${group}</span>`}
          ${keys.map((k) => html`
            <button key=${k.name} type="button" class="chip" title=${`${k.name}: ${k.doc}`} onClick=${() => add(k)}>+ ${k.label}</button>`)}
        </div>`)}
        <div class="chips">
          ${left.some((k) => k.group) && html`<span>Other</span>`}
          <button type="button" class="chip" onClick=${() => set([...rows, blank()])}>+ any</button>
        </div>
      </div>
    </fieldset>`;
}

// groupsOf gives [group, keys] in the order in which they are offered.
function groupsOf(keys) {
  const groups = new Map();
  for (const k of keys) groups.set(k.group || '', [...(groups.get(k.group || '') || []), k]);
  return [...groups];
}

function Pair({ row, n, offers, change, remove }) {
  const known = offers.find((k) => k.name === row.name);
  const choices = known?.choices || (row.type === 'boolean' ? ['true', 'false'] : null);
  const rename = (name) => { const k = offers.find((o) => o.name === name); change(k && !row.value ? { name, type: typeOf(k) } : { name }); };
  return html`
    <div class="pair">
      <input aria-label=${`Key ${n}`} value=${row.name} placeholder="key" onInput=${(e) => rename(e.target.value)} spellcheck="false" autocomplete="off" />
      ${choices
    ? html`
      <select aria-label=${`Value ${n}`} value=${row.value} onChange=${(e) => change({ value: e.target.value })}>
        ${choices.map((c) => html`<option key=${c} value=${c} selected=${c === row.value}>${c}</option>`)}
      </select>`
    : html`
      <input aria-label=${`Value ${n}`} value=${row.value} placeholder=${row.type === 'list' ? 'one, two' : 'value'}
        inputmode=${row.type === 'number' ? 'numeric' : undefined} spellcheck="false" autocomplete="off"
        onInput=${(e) => change({ value: e.target.value })} />`}
      <select aria-label=${`Type ${n}`} value=${row.type} onChange=${(e) => change({ type: e.target.value })}>
        ${types.map(([v, text]) => html`<option key=${v} value=${v} selected=${v === row.type}>${text}</option>`)}
      </select>
      <button type="button" class="btn quiet small icon" aria-label=${`Remove ${row.name || `row ${n}`}`} onClick=${remove}><${Icon} name="close" /></button>
      ${known && html`<span class="words">${row.value === '' ? known.doc : words(row, known)}</span>`}
    </div>`;
}

// words say what a value does, or what is wrong with it.
function words(row, known) {
  try {
    const value = convert(row.name, row.value, row.type);
    if (value < known.minimum) return `It has to be ${count(known.minimum)} at least.`;
    if (value > known.maximum) return `It may be ${count(known.maximum)} at most.`;
    return keyOf(row.name) ? `${say(row.name, value)}.` : known.doc;
  } catch (err) {
    return err.message;
  }
}
