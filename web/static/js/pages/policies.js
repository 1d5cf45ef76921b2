/** Policies and operator policies: the list, with what each does and whether another one hides it, and the form. */
import { html, useMemo } from '../core/dom.js';
import { at } from '../core/api.js';
import { del } from '../core/deletion.js';
import { may } from '../core/session.js';
import { usePoll, refresh } from '../core/poll.js';
import { patchQuery, href } from '../core/router.js';
import { sentence } from '../know/keys.js';
import { shadow } from '../know/policies.js';
import { Page, Card, Empty, Badge, Loading, Note } from '../ui/parts.js';
import { LocalList } from '../ui/list.js';
import { confirm } from '../ui/dialog.js';
import { usePlace } from '../ui/shell.js';
import { PolicyForm } from './policy-form.js';

const sorts = {
  user: {
    title: 'Policies', noun: 'policies', path: 'policies', one: 'policy', add: 'Add a policy', allowed: () => may.makePolicies(),
    lead: 'Settings for all queues and exchanges whose names match a pattern. They act at once, without declaring anything again. '
      + 'On each object, only the matching policy with the highest priority acts.',
    none: 'A policy says, for example, that all queues whose names begin with “orders.” are mirrored and keep messages for a day.',
  },
  operator: {
    title: 'Operator rules', noun: 'operator policies', path: 'operator-policies', one: 'operator policy', add: 'Add an operator policy',
    allowed: () => may.administer(),
    lead: 'Bounds that hold whatever the owners of queues choose: where both set a number, the smaller one counts.',
    none: 'With an operator policy you can, for example, keep every queue under a million messages.',
  },
};

/** The page of policies. */
export const Policies = ({ query, vhost, edit }) => html`<${List} kind="user" query=${edit ? { vhost, edit } : query} />`;

/** The page of operator policies. */
export const OperatorPolicies = ({ query }) => html`<${List} kind="operator" query=${query} />`;

const remove = (sort, p) => confirm({
  title: `Delete the ${sort.one} “${p.name}”?`, action: 'Delete policy',
  lost: [
    `its settings on everything that matches “${p.pattern}” in the virtual host “${p.vhost}”: ${sentence(p.definition)}`,
    'the next policy that matches takes over at once',
  ],
  run: () => del(at(sort.path, p.vhost, p.name)), said: `The policy “${p.name}” is deleted`,
  next: () => { patchQuery({ edit: '', vhost: '' }); refresh(); },
});

const link = (sort, p) => html`<a class="strong" href=${href([sort.path], { vhost: p.vhost, edit: p.name })}>${p.name}</a>`;
const Delete = ({ sort, policy: p }) => html`
  <button type="button" class="btn danger small" aria-label=${`Delete ${p.name}`} onClick=${() => remove(sort, p)}>Delete</button>`;

const columns = (sort, several, all, allowed) => [
  { id: 'name', label: 'Policy', fixed: true, by: (p) => p.name, cell: (p) => html`${link(sort, p)} <${Shadow} policy=${p} all=${all} />` },
  { id: 'vhost', label: 'Virtual host', on: several, by: (p) => p.vhost, cell: (p) => p.vhost },
  { id: 'pattern', label: 'Matches', on: true, by: (p) => p.pattern, cell: (p) => html`<code class="clip">${p.pattern}</code>` },
  { id: 'apply', label: 'Applies to', on: true, by: (p) => p['apply-to'], cell: (p) => p['apply-to'].replaceAll('_', ' ') },
  {
    id: 'definition', label: 'What it does', on: true,
    cell: (p) => html`<span class="clip medium" title=${JSON.stringify(p.definition, null, 1)}>${sentence(p.definition)}</span>`,
  },
  { id: 'raw', label: 'Definition', cell: (p) => html`<code class="clip">${JSON.stringify(p.definition)}</code>` },
  { id: 'priority', label: 'Precedence', on: true, num: true, by: (p) => p.priority, cell: (p) => p.priority },
  allowed && { id: 'act', label: '', fixed: true, act: true, cell: (p) => html`<${Delete} sort=${sort} policy=${p} />` },
].filter(Boolean);

function Shadow({ policy, all }) {
  const s = shadow(policy, all);
  if (!s) return null;
  const words = s.certain
    ? `“${s.by.name}” matches the same and has a higher priority, so this one never acts`
    : `“${s.by.name}” has the same pattern and priority: which one acts is not defined`;
  return html`<${Badge} tone="warn" title=${words}>${s.certain ? 'shadowed' : 'tie'}<//>`;
}

function List({ kind, query }) {
  const sort = sorts[kind];
  const { vhost, several, vhosts } = usePlace();
  const poll = usePoll(vhost ? at(sort.path, vhost) : `/${sort.path}`);
  const rows = poll.data;
  const allowed = sort.allowed();
  const list = useMemo(() => columns(sort, several, rows || [], allowed), [rows, several, kind]);
  const edited = query.edit ? rows?.find((p) => p.name === query.edit && p.vhost === query.vhost) : null;
  const missing = query.edit && rows && !edited;
  return html`
    <${Page} title=${sort.title} lead=${sort.lead}>
      <${LocalList} id=${sort.path} noun=${sort.noun} rows=${rows} poll=${poll} columns=${list} keyOf=${(p) => `${p.vhost} ${p.name}`}
        textOf=${(p) => `${p.name} ${p.pattern}`} empty=${html`<${Empty} icon="admin" title=${`No ${sort.noun} yet`}>${sort.none}<//>`} />
      ${missing && html`
        <${Note} tone="warn" title=${`There is no policy “${query.edit}”`}>
          It may have been deleted, or it is in another virtual host than the chosen one.
        <//>`}
      ${allowed && vhosts.length > 0 && (query.edit && !rows ? html`<${Loading} />` : html`
        <${Card} title=${edited ? `Change the policy “${edited.name}”` : sort.add}
          actions=${edited && html`<a class="btn small" href=${href([sort.path])}>Add another instead</a>`}>
          <${PolicyForm} key=${edited ? `${edited.vhost} ${edited.name}` : ''} policy=${edited} operator=${kind === 'operator'}
            all=${rows || []} vhosts=${vhosts} vhost=${vhost} />
        <//>`)}
      ${!allowed && edited && html`
        <${Card} title=${`The policy “${edited.name}”`}><p>${sentence(edited.definition)}</p><pre>${JSON.stringify(edited, null, 2)}</pre><//>`}
    <//>`;
}
