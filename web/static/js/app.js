/** The console's entry: draws the page that the address names, or the login. */
import { html, render, useEffect, useState, useRef } from './core/dom.js';
import { useSession, session, begin, logout } from './core/session.js';
import { get } from './core/api.js';
import { useRoute } from './core/router.js';
import { applyTheme } from './ui/theme.js';
import { Shell } from './ui/shell.js';
import { Loading, Page, Empty, Note } from './ui/parts.js';
import { closeAll } from './ui/dialog.js';
import { Login } from './pages/login.js';
import { find } from './routes.js';

function View() {
  const route = useRoute();
  const user = useSession();
  useEffect(() => { if (!user) closeAll(); }, [user]);
  if (!user) return html`<${Login} />`;
  return html`<${Shell}><${Current} route=${route} /><//>`;
}

// Current loads a page's module when it is first wanted.
function Current({ route }) {
  const [shown, set] = useState({ load: null, page: null, error: null });
  const { load, props, missing } = find(route.segments);
  const first = useRef(true);
  useReloadWhenBack(shown.error);
  useEffect(() => {
    if (!load) return undefined;
    let gone = false;
    load().then((page) => { if (!gone) set({ load, page, error: null }); }, (error) => { if (!gone) set({ load, page: null, error }); });
    return () => { gone = true; };
  }, [load]);
  const here = missing || shown.load === load;
  useEffect(() => {
    if (!here) return; // there is no heading yet that could take the keyboard
    if (first.current) { first.current = false; return; }
    window.scrollTo(0, 0);
    document.getElementById('page-title')?.focus({ preventScroll: true });
  }, [route.key, here]);
  if (missing) {
    return html`
      <${Page} title="Not found">
        <${Empty} title="There is no page at this address">The address may be cut off, or it comes from another version of the console.<//>
      <//>`;
  }
  if (shown.error) {
    return html`
      <${Note} tone="bad" title="A part of the console could not be loaded">
        The node does not answer. The page is loaded again by itself when it does.
      <//>`;
  }
  if (!here) return html`<${Loading} />`;
  return html`<${shown.page} key=${route.key} ...${props} query=${route.query} />`;
}

// useReloadWhenBack loads the whole page again as soon as the node answers,
// because browsers remember that a module could not be loaded.
function useReloadWhenBack(error) {
  useEffect(() => {
    if (!error) return undefined;
    const timer = setInterval(() => get('/whoami').then(() => location.reload(), () => {}), 2000);
    return () => clearInterval(timer);
  }, [error]);
}

function watchSession() {
  const known = session();
  if (known) get('/whoami').then((whoami) => { if (session() === known) begin(whoami, known.authorization); }, () => {});
  setInterval(() => {
    const current = session();
    if (current?.ends && Date.now() > current.ends) logout();
  }, 10000);
}

applyTheme();
watchSession();
render(html`<${View} />`, document.getElementById('app'));
