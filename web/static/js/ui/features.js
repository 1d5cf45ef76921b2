/** Properties and arguments of queues and exchanges as badges for lists and as words for their pages. */
import { html } from '../core/dom.js';
import { policyHref } from '../core/router.js';
import { keyOf, say } from '../know/keys.js';
import { Badge } from './parts.js';

const flags = [
  ['durable', 'D', 'Durable: survives a restart'],
  ['auto_delete', 'AD', 'Deleted when nobody uses it any more'],
  ['internal', 'I', 'Internal: clients cannot publish to it'],
  ['exclusive', 'Excl', 'Belongs to one connection'],
];
const text = (v) => (typeof v === 'object' ? JSON.stringify(v) : String(v));

/**
 * Short badges, each with its meaning as a tooltip.
 * @param {{object: object, policy?: boolean}} props
 */
export function Features({ object, policy = true }) {
  const args = Object.entries(object.arguments || {}).filter(([k]) => k !== 'x-queue-type');
  const known = args.filter(([k]) => keyOf(k)?.badge);
  const rest = args.filter(([k]) => !keyOf(k)?.badge);
  return html`<span class="badges">
    ${flags.map(([key, short, tip]) => object[key] && html`<${Badge} key=${key} title=${tip}>${short}<//>`)}
    ${known.map(([k, v]) => html`<${Badge} key=${k} title=${`${k}: ${text(v)}\n${say(k, v)}`}>${keyOf(k).badge}<//>`)}
    ${rest.length > 0 && html`<${Badge} title=${rest.map(([k, v]) => `${k}: ${text(v)}`).join('\n')}>Args<//>`}
    ${policy && html`<${PolicyBadges} object=${object} />`}
  </span>`;
}

function PolicyBadge({ vhost, name, operator }) {
  const title = `${operator ? 'Operator policy' : 'Policy'} “${name}”`;
  return html`<${Badge} tone=${operator ? 'info' : 'accent'} title=${title} href=${policyHref(vhost, name, operator)}>${name}<//>`;
}

/** The policies in force, as links. @param {{object: object}} props */
export const PolicyBadges = ({ object }) => html`
  ${object.policy && html`<${PolicyBadge} vhost=${object.vhost} name=${object.policy} />`}
  ${object.operator_policy && html`<${PolicyBadge} vhost=${object.vhost} name=${object.operator_policy} operator />`}`;

/** Arguments or a definition as name, value and meaning. @param {{values: Record<string,*>}} props */
export const Explained = ({ values }) => html`
  <dl class="facts rows">${Object.entries(values || {}).map(([k, v]) => html`
    <div key=${k}>
      <dt><code>${k}</code></dt>
      <dd><span class="strong">${text(v)}</span> <span class="muted">${keyOf(k) ? say(k, v) : ''}</span></dd>
    </div>`)}</dl>`;
