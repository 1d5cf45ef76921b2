/** The form of a policy: what it matches, mirroring in plain choices, further keys, and a preview of what will change. */
import { html, useState } from '../core/dom.js';
import { at, put } from '../core/api.js';
import { refresh } from '../core/poll.js';
import { href, go } from '../core/router.js';
import { policyKeys } from '../know/keys.js';
import { mirroringWords, compile } from '../know/policies.js';
import { Form, Field, Select, Radios, Tick, useForm } from '../ui/forms.js';
import { ArgumentsEditor, toObject, toRows } from '../ui/arguments.js';
import { Note } from '../ui/parts.js';
import { say } from '../ui/dialog.js';
import { useNodes, useKeyTable } from '../ui/choices.js';
import { PolicyPreview } from './policy-preview.js';

const modes = [
  ['none', 'none', 'One copy, on one node'],
  ['all', 'all nodes', 'A copy on every node'],
  ['exactly', 'exactly N nodes', 'A fixed number of copies'],
  ['nodes', 'these nodes', 'Copies where you say'],
];
const targets = [['all', 'Exchanges and queues'], ['exchanges', 'Exchanges'], ['queues', 'Queues']];

// fields are the form's values for a policy, or for a new one.
function fields(policy, vhost, vhosts, operator) {
  const d = policy?.definition || {};
  return {
    vhost: policy?.vhost || vhost || (vhosts.includes('/') ? '/' : vhosts[0]),
    name: policy?.name || '',
    pattern: policy?.pattern || '',
    applyTo: policy?.['apply-to'] || (operator ? 'queues' : 'all'),
    priority: String(policy?.priority ?? 0),
    mode: d['ha-mode'] || 'none',
    copies: d['ha-mode'] === 'exactly' ? String(d['ha-params']) : '2',
    nodes: d['ha-mode'] === 'nodes' ? [].concat(d['ha-params']) : [],
  };
}

const withoutMirroring = (keys = {}) => Object.fromEntries(Object.entries(keys).filter(([k]) => k !== 'ha-mode' && k !== 'ha-params'));

// definition is what the form says, as the API takes it.
function definition(f, rows) {
  const d = toObject(rows);
  if (d['ha-min-in-sync'] !== undefined && /^\d+$/.test(d['ha-min-in-sync'])) d['ha-min-in-sync'] = Number(d['ha-min-in-sync']);
  if (f.mode !== 'none') d['ha-mode'] = f.mode;
  if (f.mode === 'exactly') d['ha-params'] = Number(f.copies);
  if (f.mode === 'nodes') d['ha-params'] = f.nodes;
  return d;
}

// tryDefinition is for the preview, while a value may be half typed.
function tryDefinition(f, rows) {
  try {
    return definition(f, rows);
  } catch {
    return null;
  }
}

/**
 * @param {{policy: object|null, operator: boolean, all: object[], vhosts: string[], vhost: string}} props
 * policy is the one to change, all are the others' company
 */
export function PolicyForm({ policy, operator, all, vhosts, vhost }) {
  const [f, on, set] = useForm(fields(policy, vhost, vhosts, operator));
  const [rows, setRows] = useState(toRows(withoutMirroring(policy?.definition)));
  const table = useKeyTable();
  const path = operator ? 'operator-policies' : 'policies';
  const replaces = !policy && all.some((p) => p.name === f.name && p.vhost === f.vhost);
  let fault = '';
  if (replaces) fault = 'There is one of this name: it will be replaced';
  else if (policy && f.name !== policy.name) fault = 'Under another name, this will be a second policy';
  const offers = policyKeys(table, operator).filter((k) => !/^ha-(mode|params)$/.test(k.name) && (f.mode !== 'none' || k.group !== 'Mirroring'));
  const draft = {
    vhost: f.vhost, name: f.name || 'this policy', pattern: f.pattern, 'apply-to': f.applyTo,
    priority: Number(f.priority) || 0, definition: tryDefinition(f, rows),
  };
  const send = async () => {
    const d = definition(f, rows);
    if (Object.keys(d).length === 0) {
      const advice = operator ? 'Add at least one key.' : 'Choose a kind of mirroring or add at least one key.';
      throw Object.assign(new Error('The policy does nothing yet'), { advice, reason: '' });
    }
    await put(at(path, f.vhost, f.name), { pattern: f.pattern, definition: d, priority: Number(f.priority) || 0, 'apply-to': f.applyTo });
    say(`The policy “${f.name}” is saved and acts now`);
    refresh();
    if (!policy) {
      set(fields(null, f.vhost, vhosts, operator));
      setRows([]);
    } else if (f.name !== policy.name || f.vhost !== policy.vhost) go(href([path], { vhost: f.vhost, edit: f.name }));
  };
  return html`
    <div class="split">
      <${Form} send=${send} button="Save policy" label=${policy ? `Change ${policy.name}` : 'Add a policy'}>
        <${Select} label="Virtual host" value=${f.vhost} set=${on('vhost')} options=${vhosts} />
        <${Field} label="Name" value=${f.name} set=${on('name')} required fault=${fault} />
        <${Field} label="Pattern" value=${f.pattern} set=${on('pattern')} required placeholder="^orders\\."
          hint="A regular expression. ^ is the beginning of a name."
          fault=${f.pattern && !compile(f.pattern) ? 'This does not look like a regular expression' : ''} />
        <${Select} label="Apply to" value=${f.applyTo} set=${on('applyTo')} options=${operator ? targets.filter(([v]) => v === 'queues') : targets} />
        <${Field} label="Priority" type="number" value=${f.priority} set=${on('priority')} hint="The highest that matches acts, alone." />
        ${!operator && html`<${Mirroring} f=${f} on=${on} />`}
        <${ArgumentsEditor} label=${operator ? 'Definition' : 'Further settings'} rows=${rows} set=${setRows} offers=${offers} />
      <//>
      <${PolicyPreview} draft=${draft} old=${policy} all=${all} />
    </div>`;
}

function Mirroring({ f, on }) {
  const nodes = useNodes();
  const offered = [...new Set([...nodes, ...f.nodes])];
  const flip = (n, yes) => on('nodes')(yes ? [...f.nodes, n] : f.nodes.filter((x) => x !== n));
  return html`
    <${Radios} label="Mirroring" value=${f.mode} set=${on('mode')} options=${modes} cards />
    ${f.mode === 'exactly' && html`<${Field} label="Copies" type="number" min="1" value=${f.copies} set=${on('copies')} required />`}
    ${f.mode === 'nodes' && html`
      <fieldset class="wide"><legend class="label">Nodes</legend>
        <div class="radios">${offered.map((n) => html`<${Tick} key=${n} label=${n} value=${f.nodes.includes(n)} set=${(yes) => flip(n, yes)} />`)}</div>
      </fieldset>`}
    ${f.mode !== 'none' && html`<div class="wide"><${Note}>${mirroringWords(f.mode, Number(f.copies) || 0, f.nodes, nodes)}<//></div>`}`;
}
