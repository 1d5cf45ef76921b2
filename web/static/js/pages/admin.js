/** What administrators do, with a sentence for each. */
import { html } from '../core/dom.js';
import { may } from '../core/session.js';
import { href } from '../core/router.js';
import { Page, Card } from '../ui/parts.js';

const parts = [
  ['users', 'Manage users', 'Who may log in, and what they may do where.', () => may.administer()],
  ['vhosts', 'Manage virtual hosts', 'Separate worlds in one broker: names, permissions and limits of one do not touch another.', () => may.administer()],
  [
    'policies', 'Manage policies',
    'Settings for all queues and exchanges whose names match: mirroring, limits, lifetimes, dead letters. They act at once.', () => true,
  ],
  ['operator-policies', 'Manage operator rules', 'Bounds that the operator sets on queues, whatever their owners choose.', () => true],
  ['limits', 'Manage limits', 'How many connections, channels and queues there may be.', () => true],
  ['definitions', 'Save and load definitions', 'Everything but messages, as one file: to keep, to move, to compare.', () => may.administer()],
  ['cluster', 'See the cluster', 'The nodes, and how this cluster is called.', () => may.monitor()],
  ['feature-flags', 'See feature flags', 'What this version can do, and what is switched on.', () => may.administer()],
];

/** The page. */
export const Admin = () => html`
  <${Page} title="Admin" lead=${may.administer() ? undefined : 'What your user may see and change. An administrator sees more.'}>
    <div class="grid three">${parts.filter(([, , , shown]) => shown()).map(([to, name, words]) => html`
      <${Card} key=${to}><span></span><h2><a href=${href([to])}>${name}</a></h2><p class="muted">${words}</p><//>`)}</div>
  <//>`;
