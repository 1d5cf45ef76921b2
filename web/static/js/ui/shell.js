/** The frame: navigation, header with search, virtual host, refresh, theme and user. */
import { html, cx, useState, useEffect, useLayoutEffect, createContext, useContext, useMemo } from '../core/dom.js';
import { useSession, logout, may } from '../core/session.js';
import { usePoll, paces, pulse, refresh } from '../core/poll.js';
import { keep } from '../core/live.js';
import { usePref, setPref } from '../core/prefs.js';
import { href, go, useRoute } from '../core/router.js';
import { clock } from '../core/format.js';
import { Icon, Logo } from './icons.js';
import { useTheme, flipTheme } from './theme.js';
import { ask } from './dialog.js';
import { Palette } from './palette.js';

const Place = createContext(null);

/**
 * @typedef {object} Place what every page knows
 * @property {string[]} vhosts names of the virtual hosts
 * @property {boolean} several whether there is more than one
 * @property {string} vhost the chosen one, '' is all
 * @property {{vhost: string, node: string, state: string}[]} down where a virtual host does not run
 * @property {object} overview names and versions
 */

/** @returns {Place} */
export const usePlace = () => useContext(Place);

const seldom = { pace: 30000 };
const overviewColumns = 'cluster_name,product_name,product_version,erlang_full_version,node';

// usePlaceOf asks for what usePlace gives.
function usePlaceOf(chosen) {
  const poll = usePoll('/vhosts?columns=name,cluster_state', seldom);
  const overview = usePoll(`/overview?columns=${overviewColumns}`, seldom).data;
  return useMemo(() => {
    const vhosts = (poll.data || []).map((v) => v.name);
    const exists = !poll.data || vhosts.includes(chosen); // believed until it is known, so that a list is asked for once
    const states = (poll.data || []).flatMap((v) => Object.entries(v.cluster_state || {}).map(([node, state]) => ({ vhost: v.name, node, state })));
    return {
      vhosts, several: vhosts.length > 1, vhost: exists ? chosen : '',
      down: states.filter((s) => s.state !== 'running'), overview: overview || {},
    };
  }, [poll.data, overview, chosen]);
}

// The links' names are used by scripts and tests: they stay as they are.
const main = [
  ['', 'Overview', 'overview', ['', 'nodes']], ['connections', 'Connections', 'connections'], ['channels', 'Channels', 'channels'],
  ['exchanges', 'Exchanges', 'exchanges'], ['queues', 'Queues', 'queues'],
];
const extra = [['health', 'Health', 'health'], ['topology', 'Topology', 'topology'], ['messages', 'Messages', 'messages']];
const admin = [
  ['users', 'Users', () => may.administer()], ['vhosts', 'Virtual hosts', () => may.administer()], ['policies', 'Policies', () => true],
  ['operator-policies', 'Operator rules', () => true], ['limits', 'Limits', () => true], ['definitions', 'Definitions', () => may.administer()],
  ['cluster', 'Cluster', () => may.monitor()], ['feature-flags', 'Feature flags', () => may.administer()],
];

// skip goes to the heading; the address stays.
function skip(e) {
  e.preventDefault();
  document.getElementById('page-title')?.focus();
}

/** @param {{children: *}} props */
export function Shell({ children }) {
  const user = useSession();
  const route = useRoute();
  const [open, setOpen] = useState(false);
  const [chosen] = usePref('vhost', '');
  const place = usePlaceOf(chosen);
  const [pace] = usePref('refresh', 'live');
  useEffect(() => (pace === 'live' ? keep() : undefined), [pace]);
  useEffect(() => setOpen(false), [route.key]);
  useKeys();
  return html`
    <${Place.Provider} value=${place}>
      <div class="shell">
        <a class="skip btn" href="#page-title" onClick=${skip}>Skip to the content</a>
        <${Nav} open=${open} at=${route.segments[0] || ''} place=${place} />
        ${open && html`<button type="button" class="veil" aria-label="Close the menu" onClick=${() => setOpen(false)}></button>`}
        <div>
          <${Bar} place=${place} user=${user} menu=${() => setOpen(true)} open=${open} />
          <${Lost} />
          <main id="main">${children}</main>
        </div>
      </div>
    <//>`;
}

function Nav({ open, at, place }) {
  const item = ([to, label, icon, covers], sub) => html`
    <a key=${to} class=${cx('nav-item', sub && 'sub')} href=${href([to])} aria-current=${(covers || [to]).includes(at) ? 'page' : undefined}>
      ${!sub && html`<${Icon} name=${icon} />`}${label}</a>`;
  return html`
    <nav class=${open ? 'nav open' : 'nav'} aria-label="Main">
      <a class="brand" href="#/"><${Logo} /><span>amqpd<small>${place.overview.cluster_name || ' '}</small></span></a>
      <div class="nav-group">${main.map((m) => item(m))}</div>
      <div class="nav-group">${extra.map((m) => item(m))}</div>
      <div class="nav-group">
        <a class="nav-item" href="#/admin" aria-current=${at === 'admin' ? 'page' : undefined}><${Icon} name="admin" />Admin</a>
        ${admin.filter(([, , shown]) => shown()).map((m) => item(m, true))}
      </div>
      <div class="nav-foot"><a href="api/index.html">HTTP API</a><a href="cli/index.html">Command line</a><span>${versionOf(place.overview)}</span></div>
    </nav>`;
}

// versionOf words what runs: the API's own field of it is kept for RabbitMQ's clients.
function versionOf(overview) {
  const own = /^amqpd \S+/.exec(overview.erlang_full_version || '')?.[0];
  const as = [overview.product_name, overview.product_version].filter(Boolean).join(' ');
  return own ? `${own}, compatible with ${as}` : as;
}

// Scope chooses the virtual host that lists show.
const Scope = ({ vhosts, vhost }) => html`
  <label class="vhost-pick"><span class="hide-s">Scope</span>
    <select aria-label="Scope" title="Virtual host that lists show" value=${vhost} onChange=${(e) => setPref('vhost', e.target.value)}>
      <option value="" selected=${vhost === ''}>All virtual hosts</option>
      ${vhosts.map((v) => html`<option key=${v} value=${v} selected=${v === vhost}>${v}</option>`)}
    </select></label>`;

function Bar({ place, user, menu, open }) {
  const theme = useTheme();
  const other = theme === 'dark' ? 'Light theme' : 'Dark theme';
  const [pace, setPace] = usePref('refresh', 'live');
  return html`
    <header class="bar">
      <button type="button" class="btn quiet icon menu-btn" aria-label="Open the menu" aria-expanded=${String(open)} onClick=${menu}>
        <${Icon} name="menu" /></button>
      <button type="button" class="seek" onClick=${() => ask(Palette)} aria-label="Search">
        <${Icon} name="search" /><span class="grow">Search</span><kbd>/</kbd></button>
      <span class="grow hide-s"></span>
      ${place.several && html`<${Scope} vhosts=${place.vhosts} vhost=${place.vhost} />`}
      <div class="live"><${Pulse} pace=${pace} />
        <select aria-label="Refresh" title="How often the figures are asked for" value=${pace}
          onChange=${(e) => setPace(e.target.value === 'live' ? 'live' : Number(e.target.value))}>
          ${paces.map(([ms, label]) => html`<option key=${ms} value=${ms} selected=${ms === pace}>${label}</option>`)}
        </select></div>
      <button type="button" class="btn quiet icon" aria-label=${other} title=${other} onClick=${flipTheme}>
        <${Icon} name=${theme === 'dark' ? 'sun' : 'moon'} /></button>
      <a class="who hide-s" href=${may.administer() ? href(['users', user.name]) : href(['admin'])} title=${user.tags.join(', ')}>
        <i aria-hidden="true">${[...user.name][0]}</i>${user.name}</a>
      <button type="button" class="btn quiet icon" aria-label="Log out" title="Log out" onClick=${logout}><${Icon} name="leave" /></button>
    </header>`;
}

function usePulse() {
  const [, again] = useState(0);
  useEffect(() => {
    const listener = () => again((n) => n + 1);
    pulse.listeners.add(listener);
    return () => pulse.listeners.delete(listener);
  }, []);
  return pulse;
}

function Pulse({ pace }) {
  const { at, error, live } = usePulse();
  const state = error ? 'Offline' : !pace ? 'Paused' : live ? 'Live' : 'Polling';
  return html`
    <button type="button" class=${`pulse ${state.toLowerCase()}`} onClick=${refresh} title=${`Refreshed at ${clock(at)}. Click to refresh now.`}>
      <i aria-hidden="true"></i><span>${state}</span><span class="sr">, refreshed at ${clock(at)}</span></button>`;
}

function Lost() {
  const { error } = usePulse();
  return error && html`<p class="lost" role="alert">${error.message}. ${error.advice}</p>`;
}

const places = {
  o: '', c: 'connections', h: 'channels', e: 'exchanges', q: 'queues', m: 'messages', t: 'topology', w: 'health', a: 'admin', p: 'policies', u: 'users',
};

// useKeys: / and Ctrl-K search; g and a letter go to a page. They work from the
// moment that the page is seen.
function useKeys() {
  useLayoutEffect(() => {
    let leader = 0;
    const listener = (e) => {
      const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) || document.querySelector('dialog[open]');
      if ((e.ctrlKey || e.metaKey) && e.key === 'k' && !document.querySelector('dialog[open]')) {
        e.preventDefault();
        ask(Palette);
      } else if (typing || e.ctrlKey || e.metaKey || e.altKey) {
        return;
      } else if (e.key === '/') {
        e.preventDefault();
        ask(Palette);
      } else if (e.key === 'g') {
        leader = Date.now();
      } else if (Date.now() - leader < 1500 && e.key in places) {
        leader = 0;
        go(href([places[e.key]]));
      }
    };
    window.addEventListener('keydown', listener);
    return () => window.removeEventListener('keydown', listener);
  }, []);
}
