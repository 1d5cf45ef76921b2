/** What is being moved, copied or redriven: how far it is, with pause, resume and stop. */
import { html, useState, useEffect } from '../core/dom.js';
import { at, post } from '../core/api.js';
import { del } from '../core/deletion.js';
import { session, may } from '../core/session.js';
import { usePoll, refresh } from '../core/poll.js';
import { href } from '../core/router.js';
import { count, duration, plural, rate } from '../core/format.js';
import { inWords } from '../know/search.js';
import { Card, Badge } from './parts.js';
import { Icon } from './icons.js';
import { attempt } from './dialog.js';

const paces = { busy: 1000, quiet: 10000 };
const tones = { running: 'accent', paused: 'warn', done: 'ok', failed: 'bad', stopped: '' };
const verbs = { move: 'Move', copy: 'Copy', redrive: 'Redrive' };
const live = (t) => t.state === 'running' || t.state === 'paused';

/**
 * Transfers of one queue, or all. Shown only where there are some.
 * @param {{vhost?: string, queue?: string, ended?: () => void}} props ended is called when none runs any more
 */
export function Transfers({ vhost, queue, ended }) {
  const [busy, setBusy] = useState(false);
  const poll = usePoll('/transfers', { pace: busy ? paces.busy : paces.quiet });
  const mine = (Array.isArray(poll.data) ? poll.data : []).filter((t) => !queue || (t.vhost === vhost && t.queue === queue)).reverse();
  const now = mine.some((t) => t.state === 'running');
  useEffect(() => {
    if (busy && !now) ended?.();
    setBusy(now);
  }, [now]);
  if (mine.length === 0) return null;
  return html`
    <${Card} title="Transfers" flush>
      <ul class="transfers">${mine.slice(0, 20).map((t) => html`<${Transfer} key=${t.id} transfer=${t} linked=${!queue} />`)}</ul>
    <//>`;
}

// where says where messages go.
function where(t) {
  if (t.action === 'redrive') return t.redrive_to === 'queue' ? 'to the queues they died in' : 'to where they first died';
  const d = t.destination || {};
  if (d.queue !== undefined) return `to the queue ${d.queue}`;
  return `to the exchange ${d.exchange}${d.routing_key !== undefined ? ` with the key ${d.routing_key}` : ''}`;
}

// left estimates how long it still takes, in ms, from what was looked at so far.
const left = (t) => (t.examined > 0 && t.state === 'running' ? Math.max(0, t.total - t.examined) * ((Date.now() - t.started) / t.examined) : undefined);

function Transfer({ transfer: t, linked }) {
  const words = inWords(t.filter || {});
  return html`
    <li>
      <div class="row">
        <p class="grow">
          <span class="strong">${verbs[t.action] || t.action}</span>${' '}
          ${linked && html`<a href=${href(['messages', t.vhost, t.queue])}>${t.queue}</a>`} ${where(t)}
          ${words && html` <span class="muted">${words}</span>`}</p>
        <${Badge} tone=${tones[t.state]}>${t.state}<//>
        ${(may.administer() || session()?.name === t.user) && html`<${Orders} transfer=${t} />`}
      </div>
      <${Bar} transfer=${t} />
      <p class="muted small" role="status">
        ${progress(t).join(' · ')}${t.failed > 0 && html` · <span class="bad">${count(t.failed)} stayed</span>`} · by ${t.user}</p>
      ${t.error && html`<p class="small bad">${t.error}</p>`}
    </li>`;
}

// progress tells how far a transfer is, in parts of a sentence.
function progress(t) {
  const rest = left(t);
  return [
    `${plural(t.moved, 'message')} ${t.action === 'copy' ? 'copied' : 'moved'}`,
    `${count(t.examined)} of ${count(t.total)} looked at`,
    t.state === 'running' && rate(t.rate),
    rest > 0 && `about ${duration(Math.ceil(rest / 1000) * 1000)} left`,
    t.ended && `took ${duration(t.ended - t.started)}`,
  ].filter(Boolean);
}

function Bar({ transfer: t }) {
  const share = t.state === 'done' ? 1 : t.total > 0 ? Math.min(1, t.examined / t.total) : 0;
  return html`
    <div class=${`progress ${tones[t.state]} ${t.state}`} role="progressbar" aria-label=${`${verbs[t.action]} of messages`}
      aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(share * 100)}
      aria-valuetext=${`${count(t.examined)} of ${plural(t.total, 'message')} looked at`}>
      <i style=${{ width: `${(share * 100).toFixed(1)}%` }}></i>
    </div>`;
}

// Orders are the buttons for what a person may tell a transfer to do.
function Orders({ transfer: t }) {
  const path = at('transfers', t.id);
  const order = (word) => attempt(() => post(`${path}/${word}`)).then(refresh);
  const forget = () => attempt(() => del(path)).then(refresh);
  return html`
    <span class="row tight">
      ${t.state === 'running' && html`<button type="button" class="btn small" onClick=${() => order('pause')}><${Icon} name="pause" />Pause</button>`}
      ${t.state === 'paused' && html`<button type="button" class="btn small" onClick=${() => order('resume')}><${Icon} name="play" />Resume</button>`}
      ${live(t)
    ? html`<button type="button" class="btn small" onClick=${() => order('stop')}><${Icon} name="stop" />Stop</button>`
    : html`
      <button type="button" class="btn quiet small icon" aria-label="Take off the list" title="Take off the list" onClick=${forget}>
        <${Icon} name="close" /></button>`}
    </span>`;
}
