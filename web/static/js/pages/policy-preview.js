/** What a policy would do before it is saved: which objects match, what changes on each, and which other policy stays in front. */
import { html, useState, useEffect, useMemo } from '../core/dom.js';
import { at, get, query } from '../core/api.js';
import { queueHref, exchangeHref } from '../core/router.js';
import { count, plural } from '../core/format.js';
import { keyOf } from '../know/keys.js';
import { changes, compile, covers, shadow, winner } from '../know/policies.js';
import { Badge, Note } from '../ui/parts.js';

const most = 500; // objects of a kind that are looked at, a page of the API
const shown = 12;

async function candidates(kind, draft, signal) {
  const path = at(kind === 'queue' ? 'queues' : 'exchanges', draft.vhost) + query({ page: 1, page_size: most, name: draft.pattern, use_regex: true, columns: 'name,type' });
  const answer = await get(path, { signal });
  const pattern = compile(draft.pattern);
  // The filter of the API ignores case, and a policy does not.
  const items = answer.items.filter((o) => o.name !== '' && (!pattern || pattern.test(o.name))).map((o) => ({ ...o, kind }));
  return { items, more: answer.filtered_count > most ? answer.filtered_count - most : 0 };
}

function useMatches(draft, old) {
  const [state, set] = useState({ items: [], more: 0, error: null });
  useEffect(() => {
    if (!draft.pattern || !draft.vhost) { set({ items: [], more: 0, error: null }); return undefined; }
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const kinds = ['queue', 'exchange'].filter((k) => covers(draft['apply-to'], k) || ['classic_queues', 'quorum_queues', 'streams'].includes(draft['apply-to']));
        const found = await Promise.all(kinds.map((k) => candidates(k, draft, abort.signal)));
        set({ items: found.flatMap((x) => x.items).filter((o) => covers(draft['apply-to'], o.kind, o.type)), more: found.reduce((n, x) => n + x.more, 0), error: null });
      } catch (error) {
        if (error.name !== 'AbortError') set({ items: [], more: 0, error });
      }
    }, 250);
    return () => { clearTimeout(timer); abort.abort(); };
  }, [draft.vhost, draft.pattern, draft['apply-to'], old?.name]);
  return state;
}

const value = (v) => (v === undefined ? 'not set' : typeof v === 'object' ? JSON.stringify(v) : String(v));

/**
 * @param {{draft: object, old: object|null, all: object[], operator: boolean}} props
 */
export function PolicyPreview({ draft, old, all, operator }) {
  const { items, more, error } = useMatches(draft, old);
  const result = useMemo(() => judge(items, draft, all), [items, draft.priority, draft.name, JSON.stringify(draft.definition), all]);
  const hidden = shadow(draft, all);
  const usable = draft.pattern !== '';
  return html`
    <aside class="preview" aria-label="Preview" aria-live="polite">
      <h3>Before you save</h3>
      ${!usable && html`<p class="muted">Type a pattern, and this shows which queues and exchanges it matches and what will change on them.</p>`}
      ${error && html`<${Note} tone="warn" title=${error.message}>${error.advice}<//>`}
      ${usable && !error && html`<p><b>${count(items.length)}${more ? '+' : ''}</b> ${items.length === 1 ? 'object matches' : 'objects match'} now: ${kindsOf(items)}.${more > 0 && html` <span class="muted">The first ${count(most)} of each kind are looked at.</span>`}</p>`}
      ${usable && !error && items.length === 0 && html`<p class="muted">New ones that match get the policy when they are declared.</p>`}
      ${hidden && html`<${Note} tone="warn" title=${hidden.certain ? `Hidden by “${hidden.by.name}”` : `Ties with “${hidden.by.name}”`}>${hidden.certain ? `It matches the same and its priority is ${hidden.by.priority}. Give this one a higher priority, or it never acts.` : 'Both have the same priority, so it is not defined which one acts. Change one of the priorities.'}<//>`}
      ${result.kept.length > 0 && html`<${Note} tone="warn" title=${`${plural(result.kept.length, 'object')} ${result.kept.length === 1 ? 'keeps' : 'keep'} another policy`}>${[...new Set(result.kept.map((k) => k.by.name))].map((n) => `“${n}”`).join(', ')} ${result.kept.length === 1 ? 'has' : 'have'} a higher priority there: ${names(result.kept)}.<//>`}
      ${result.changed.length > 0 && html`<p class="strong">${plural(result.changed.length, 'object')} will change</p><ul class="diffs">${result.changed.slice(0, shown).map((c) => html`<${Diff} key=${c.object.kind + c.object.name} change=${c} vhost=${draft.vhost} operator=${operator} />`)}</ul>
        ${result.changed.length > shown && html`<p class="muted">and ${count(result.changed.length - shown)} more in the same way</p>`}`}
      ${usable && items.length > 0 && result.changed.length === 0 && result.kept.length < items.length && html`<p class="muted">Nothing changes on them: the settings are the same as now.</p>`}
    </aside>`;
}

function kindsOf(items) {
  const queues = items.filter((i) => i.kind === 'queue').length;
  const exchanges = items.length - queues;
  return [queues && plural(queues, 'queue'), exchanges && plural(exchanges, 'exchange')].filter(Boolean).join(' and ') || 'nothing';
}

const names = (list) => list.slice(0, 4).map((k) => k.object.name).join(', ') + (list.length > 4 ? ' …' : '');

// judge finds what the draft would change, and where another policy stays in front.
function judge(items, draft, all) {
  const here = all.filter((p) => p.vhost === draft.vhost);
  const others = here.filter((p) => p.name !== draft.name);
  const changed = [];
  const kept = [];
  for (const object of items) {
    const rival = winner(others, object);
    if (rival && rival.priority > draft.priority) { kept.push({ object, by: rival }); continue; }
    const before = winner(here, object);
    const diff = changes(before?.definition, draft.definition || {});
    if (diff.length > 0) changed.push({ object, before, diff });
  }
  return { changed, kept };
}

function Diff({ change: { object, before, diff }, vhost }) {
  const to = object.kind === 'queue' ? queueHref(vhost, object.name) : exchangeHref(vhost, object.name);
  return html`
    <li><p><a class="strong break" href=${to}>${object.name}</a> ${object.kind === 'exchange' && html`<${Badge}>exchange<//>`} ${before ? html`<span class="muted">now by</span> <${Badge} tone="accent">${before.name}<//>` : html`<span class="muted">no policy now</span>`}</p>
      <ul>${diff.map(([key, was, will]) => html`<li key=${key} class=${will === undefined ? 'minus' : was === undefined ? 'plus' : ''}>${will === undefined ? '− ' : was === undefined ? '+ ' : '~ '}<code>${key}</code> ${was === undefined ? value(will) : `${value(was)} → ${value(will)}`}${!keyOf(key) && ' (unknown key)'}</li>`)}</ul></li>`;
}
