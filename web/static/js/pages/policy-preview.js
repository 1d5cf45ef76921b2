/** What a policy would do before it is saved: which objects match, what changes on each, what loses it, and which other policy stays in front. */
import { html, useState, useEffect, useMemo } from '../core/dom.js';
import { at, get, query } from '../core/api.js';
import { queueHref, exchangeHref } from '../core/router.js';
import { count, plural } from '../core/format.js';
import { keyOf } from '../know/keys.js';
import { compile, covers, judge, shadow } from '../know/policies.js';
import { Badge, Note } from '../ui/parts.js';

const most = 500; // objects of a kind that are looked at, a page of the API
const shown = 12; // of which changes are listed
const typing = 250; // ms without a key before the API is asked
const nothing = { items: [], more: 0, error: null };

/**
 * Objects that a pattern matches. The filter of the API ignores case, and a policy does not.
 * @param {'queue'|'exchange'} kind @param {object} policy
 */
async function matchesOf(kind, policy, signal) {
  const path = at(`${kind}s`, policy.vhost) + query({ page: 1, page_size: most, name: policy.pattern, use_regex: true, columns: 'name,type' });
  const answer = await get(path, { signal });
  const pattern = compile(policy.pattern);
  const items = answer.items.filter((o) => o.name !== '' && (!pattern || pattern.test(o.name))).map((o) => ({ ...o, kind }));
  return { items: items.filter((o) => covers(policy['apply-to'], kind, o.type)), more: Math.max(0, answer.filtered_count - most) };
}

function kindsOf({ 'apply-to': applyTo }) {
  if (applyTo === 'all') return ['queue', 'exchange'];
  return applyTo === 'exchanges' ? ['exchange'] : ['queue'];
}
const allOf = (policy, signal) => Promise.all(kindsOf(policy).map((kind) => matchesOf(kind, policy, signal)));

// look finds what the draft matches, and what the policy that it changes matches so far.
async function look(draft, old, signal) {
  const moved = old?.vhost === draft.vhost && (old.pattern !== draft.pattern || old['apply-to'] !== draft['apply-to']);
  const [before, now] = await Promise.all([moved ? allOf(old, signal) : [], allOf(draft, signal)]);
  const items = new Map();
  for (const [answers, matches] of [[before, false], [now, true]]) {
    for (const o of answers.flatMap((a) => a.items)) items.set(`${o.kind} ${o.name}`, { ...o, matches });
  }
  return { items: [...items.values()], more: now.reduce((n, a) => n + a.more, 0), error: null };
}

function useMatches(draft, old) {
  const [state, set] = useState(nothing);
  useEffect(() => {
    if (!draft.pattern || !draft.vhost) { set(nothing); return undefined; }
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      try {
        set(await look(draft, old, abort.signal));
      } catch (error) {
        if (error.name !== 'AbortError') set({ ...nothing, error });
      }
    }, typing);
    return () => { clearTimeout(timer); abort.abort(); };
  }, [draft.vhost, draft.pattern, draft['apply-to'], old?.pattern, old?.['apply-to']]);
  return state;
}

/**
 * @param {{draft: object, old: object|null, all: object[]}} props old is the policy that the draft changes, all are those there are
 */
export function PolicyPreview({ draft, old, all }) {
  const { items, more, error } = useMatches(draft, old);
  const verdict = useMemo(() => judge(items, draft, all), [items, draft.priority, draft.name, JSON.stringify(draft.definition), all]);
  return html`
    <aside class="preview" aria-label="Preview" aria-live="polite">
      <h3>Before you save</h3>
      ${draft.pattern === '' && html`<p class="muted">Type a pattern, and this shows which queues and exchanges it matches and what will change on them.</p>`}
      ${error && html`<${Note} tone="warn" title=${error.message}>${error.advice}<//>`}
      ${draft.pattern !== '' && !error && html`<${Matches} items=${items.filter((o) => o.matches)} more=${more} />`}
      <${Hidden} by=${shadow(draft, all)} />
      <${Kept} kept=${verdict.kept} />
      <${Changes} title=${(n) => `${plural(n, 'object')} will change`} list=${verdict.changed} vhost=${draft.vhost} />
      <${Changes} title=${(n) => `${plural(n, 'object')} will no longer have it`} list=${verdict.lost} vhost=${draft.vhost} />
      ${verdict.same > 0 && verdict.changed.length === 0 && html`
        <p class="muted">Nothing changes on ${verdict.lost.length ? 'the others' : 'them'}: the settings are the same as now.</p>`}
    </aside>`;
}

function Matches({ items, more }) {
  const queues = items.filter((i) => i.kind === 'queue').length;
  const exchanges = items.length - queues;
  const kinds = [queues && plural(queues, 'queue'), exchanges && plural(exchanges, 'exchange')].filter(Boolean).join(' and ') || 'nothing';
  return html`
    <p><b>${count(items.length)}${more ? '+' : ''}</b> ${items.length === 1 ? 'object matches' : 'objects match'} now: ${kinds}.
      ${more > 0 && html` <span class="muted">The first ${count(most)} of each kind are looked at.</span>`}</p>
    ${items.length === 0 && html`<p class="muted">New ones that match get the policy when they are declared.</p>`}`;
}

function Hidden({ by: hidden }) {
  if (!hidden) return null;
  const words = hidden.certain
    ? `It matches the same and its priority is ${hidden.by.priority}. Give this one a higher priority, or it never acts.`
    : 'Both have the same priority, so it is not defined which one acts. Change one of the priorities.';
  return html`<${Note} tone="warn" title=${`${hidden.certain ? 'Hidden by' : 'Ties with'} “${hidden.by.name}”`}>${words}<//>`;
}

function Kept({ kept }) {
  if (kept.length === 0) return null;
  const one = kept.length === 1;
  const rivals = [...new Set(kept.map((k) => `“${k.by.name}”`))].join(', ');
  const names = kept.slice(0, 4).map((k) => k.object.name).join(', ') + (kept.length > 4 ? ' …' : '');
  return html`
    <${Note} tone="warn" title=${`${plural(kept.length, 'object')} ${one ? 'keeps' : 'keep'} another policy`}>
      ${rivals} ${one ? 'has' : 'have'} a higher priority there: ${names}.
    <//>`;
}

function Changes({ title, list, vhost }) {
  return list.length > 0 && html`
    <p class="strong">${title(list.length)}</p>
    <ul class="diffs">${list.slice(0, shown).map((c) => html`<${Change} key=${c.object.kind + c.object.name} change=${c} vhost=${vhost} />`)}</ul>
    ${list.length > shown && html`<p class="muted">and ${count(list.length - shown)} more</p>`}`;
}

const value = (v) => (v === undefined ? 'not set' : typeof v === 'object' ? JSON.stringify(v) : String(v));

function Change({ change: { object, before, after, diff }, vhost }) {
  const to = object.kind === 'queue' ? queueHref(vhost, object.name) : exchangeHref(vhost, object.name);
  return html`
    <li><p><a class="strong break" href=${to}>${object.name}</a> ${object.kind === 'exchange' && html`<${Badge}>exchange<//>`}
        ${' '}<${By} when="now" policy=${before} />${after !== undefined && html` <${By} when="then" policy=${after} />`}</p>
      <ul>${diff.map((d) => html`<${Setting} key=${d[0]} diff=${d} />`)}</ul></li>`;
}

const By = ({ when, policy }) => (policy
  ? html`<span class="muted">${when} by</span> <${Badge} tone="accent">${policy.name}<//>`
  : html`<span class="muted">${when === 'now' ? 'no policy now' : 'then no policy'}</span>`);

function Setting({ diff: [key, was, will] }) {
  const [mark, tone] = will === undefined ? ['−', 'minus'] : was === undefined ? ['+', 'plus'] : ['~', ''];
  return html`
    <li class=${tone}>${mark} <code>${key}</code> ${was === undefined ? value(will) : `${value(was)} → ${value(will)}`}${!keyOf(key) && ' (unknown key)'}</li>`;
}
