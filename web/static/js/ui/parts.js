/** Small things that every page is made of. */
import { html, cx, useState, useEffect, useId } from '../core/dom.js';
import { usePref } from '../core/prefs.js';
import { count } from '../core/format.js';
import { meaning } from '../know/glossary.js';
import { Icon } from './icons.js';

/**
 * A page: its heading, what leads back, and what can be done.
 * @param {{title: string, crumbs?: [string,string][], lead?: *, tags?: *, actions?: *, children: *}} props crumbs are [label, address]
 */
export function Page({ title, crumbs, lead, tags, actions, children }) {
  useEffect(() => { document.title = `${title} · amqpd`; }, [title]);
  return html`
    <div class="page">
      <div class="page-head">
        <div>
          ${crumbs && html`<nav class="crumbs" aria-label="Breadcrumb">${crumbs.map(([label, to]) => html`<span><a href=${to}>${label}</a></span>`)}</nav>`}
          <h1 tabindex="-1" id="page-title">${title}</h1>
          ${lead && html`<p class="prose">${lead}</p>`}
          ${tags && html`<div class="tags badges">${tags}</div>`}
        </div>
        ${actions && html`<div class="actions">${actions}</div>`}
      </div>
      ${children}
    </div>`;
}

/** A box with a heading. @param {{title?: *, lead?: *, actions?: *, flush?: boolean, children: *}} props */
export const Card = ({ title, lead, actions, flush, class: className, children }) => html`
  <section class=${cx('card', className)} aria-label=${typeof title === 'string' ? title : undefined}>
    ${title && html`<header><h2 class="grow">${title}</h2>${actions}${lead && html`<p>${lead}</p>`}</header>`}
    <div class=${cx('body', flush && 'flush')}>${children}</div>
  </section>`;

/**
 * A box that folds; the browser remembers which are open.
 * @param {{id: string, title: string, count?: number, open?: boolean, side?: *, flush?: boolean, children: *}} props
 */
export function Fold({ id, title, count: n, open = true, side, flush, children }) {
  const [isOpen, set] = usePref(`fold.${id}`, open);
  const body = useId();
  return html`
    <section class="card fold" aria-label=${title}>
      <header>
        <h2 class="grow row"><button class="fold" type="button" aria-expanded=${String(isOpen)} aria-controls=${body} onClick=${() => set(!isOpen)}>
          <${Icon} name="chevron" />${title}${n !== undefined && html` <span class="count">${count(n)}</span>`}
        </button></h2>
        ${side && isOpen && html`<div class="side">${side}</div>`}
      </header>
      <div id=${body} hidden=${!isOpen} class=${cx(isOpen && 'body', flush && 'flush')}>${isOpen && children}</div>
    </section>`;
}

/** @param {{tone?: 'ok'|'warn'|'bad'|'info'|'accent', title?: string, href?: string, children: *}} props */
export const Badge = ({ tone, title, href: to, children }) => (to
  ? html`<a class=${cx('badge', tone)} href=${to} title=${title}>${children}</a>`
  : html`<span class=${cx('badge', tone)} title=${title}>${children}</span>`);

const stateTones = {
  running: 'ok', live: 'ok', up: 'ok', idle: '', single_active: 'ok', enabled: 'ok',
  flow: 'warn', blocking: 'warn', terminated: 'warn', syncing: 'warn', starting: 'warn', tuning: 'warn', opening: 'warn', waiting: '', closing: 'warn',
  blocked: 'bad', down: 'bad', crashed: 'bad', stopped: 'bad', minority: 'bad', nodedown: 'bad', suspected_down: 'bad', closed: 'bad',
};

/** A state in colour and in words. @param {{object?: {state?: string, idle_since?: string}, state?: string}} props */
export function State({ object, state }) {
  const word = state || (object.idle_since ? 'idle' : object.state) || (object.messages === undefined && !object.connected_at ? 'new' : 'running');
  const since = object?.idle_since ? `idle since ${new Date(object.idle_since).toLocaleString()}` : undefined;
  return html`<span class=${cx('state', stateTones[word])} title=${since}><i aria-hidden="true"></i>${word.replaceAll('_', ' ')}</span>`;
}

/** A message inside a page. @param {{tone?: 'info'|'warn'|'bad'|'ok', title?: *, children?: *, action?: *}} props */
export const Note = ({ tone = 'info', title, children, action }) => html`
  <div class=${cx('note', tone)} role=${tone === 'bad' ? 'alert' : 'note'}>
    <${Icon} name=${tone === 'bad' ? 'warn' : tone} />
    <div class="grow">${title && html`<p class="strong">${title}</p>`}${children && html`<p>${children}</p>`}</div>${action}
  </div>`;

/** What failed and what to do about it. @param {{error: Error, retry?: () => void}} props */
export const Fault = ({ error, retry }) => html`
  <${Note} tone="bad" title=${error.message} action=${retry && html`<button type="button" class="btn small" onClick=${retry}>Try again</button>`}>
    ${error.advice}${error.reason && error.reason !== error.message && html` <span class="muted">The node said: “${error.reason}”</span>`}
  <//>`;

/** A place with nothing in it, which says what would be here. @param {{icon?: string, title: string, children?: *}} props */
export const Empty = ({ icon = 'info', title, children }) => html`
  <div class="empty"><${Icon} name=${icon} /><h3>${title}</h3>${children && html`<p>${children}</p>`}</div>`;

/** @param {{what?: string}} props */
export const Loading = ({ what = 'Loading' }) => html`<p class="loading" role="status">${what} …</p>`;

/**
 * Shows data when it is there, else why not.
 * @param {{poll: {data: *, error: Error|null, loading: boolean, again: () => void}, children: (data: *) => *}} props
 */
export function Loaded({ poll, children }) {
  if (poll.data === undefined || poll.data === null) {
    return poll.error ? html`<${Fault} error=${poll.error} retry=${poll.again} />` : html`<${Loading} />`;
  }
  return html`${poll.error && poll.error.status !== 0 && html`<${Fault} error=${poll.error} retry=${poll.again} />`}${children(poll.data)}`;
}

const absent = [undefined, null, '', false];

/** A list of names and values; rows without a value are left out. @param {{items: [string,*][], rows?: boolean}} props */
export const Facts = ({ items, rows }) => html`
  <dl class=${cx('facts', rows && 'rows')}>${items.filter(([, v]) => !absent.includes(v)).map(([k, v]) => html`
    <div key=${k}><dt>${k}<${Help} about=${k} /></dt><dd>${v}</dd></div>`)}</dl>`;

/** @param {{value: number, label: string, tone?: string}} props */
export const Tile = ({ value, label, tone }) => html`<div class=${cx('tile', tone)}><b>${count(value)}</b><span>${label}</span></div>`;

/** How much of a limit is used. @param {{value: number, max: number, label: string, tone?: string}} props */
export function Meter({ value, max, label, tone }) {
  const share = max > 0 ? Math.min(1, value / max) : 0;
  const colour = tone || (share > 0.9 ? 'bad' : share > 0.7 ? 'warn' : '');
  return html`
    <div class=${cx('meter', colour)} role="meter" aria-label=${label}
      aria-valuemin="0" aria-valuemax=${max || 0} aria-valuenow=${Math.min(value || 0, max || 0)}>
      <i style=${{ width: `${(share * 100).toFixed(1)}%` }}></i>
    </div>`;
}

/** The explanation of a word, which opens on click and by keyboard; nothing where the glossary has none. @param {{about: string}} props */
export function Help({ about }) {
  const [open, set] = useState(false);
  const id = useId();
  const text = meaning(about);
  return text && html`
    <span class="help">
      <button type="button" aria-label=${`What is ${about}?`} aria-expanded=${String(open)} aria-describedby=${open ? id : undefined}
        onClick=${() => set(!open)} onBlur=${() => set(false)} onKeyDown=${(e) => e.key === 'Escape' && set(false)}>?</button>
      ${open && html`<span role="tooltip" id=${id}>${text}</span>`}
    </span>`;
}
