/** Properties and arguments of queues and exchanges as badges for lists and as words for their pages. */
import { html } from '../core/dom.js';
import { policyHref } from '../core/router.js';
import { keyOf, say } from '../know/keys.js';
import { Badge } from './parts.js';

const flags = [['durable', 'D', 'Durable: survives a restart'], ['auto_delete', 'AD', 'Deleted when nobody uses it any more'], ['internal', 'I', 'Internal: clients cannot publish to it'], ['exclusive', 'Excl', 'Belongs to one connection']];

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
    ${known.map(([k, v]) => html`<${Badge} key=${k} title=${`${k}: ${typeof v === 'object' ? JSON.stringify(v) : v}\n${say(k, v)}`}>${keyOf(k).badge}<//>`)}
    ${rest.length > 0 && html`<${Badge} title=${rest.map(([k, v]) => `${k}: ${typeof v === 'object' ? JSON.stringify(v) : v}`).join('\n')}>Args<//>`}
    ${policy && html`<${PolicyBadges} object=${object} />`}
  </span>`;
}

/** The policies in force, as links. @param {{object: object}} props */
export const PolicyBadges = ({ object }) => html`
  ${object.policy && html`<${Badge} tone="accent" title=${`Policy “${object.policy}”`} href=${policyHref(object.vhost, object.policy)}>${object.policy}<//>`}
  ${object.operator_policy && html`<${Badge} tone="info" title=${`Operator policy “${object.operator_policy}”`} href=${policyHref(object.vhost, object.operator_policy, true)}>${object.operator_policy}<//>`}`;

/** Arguments or a definition as name, value and meaning. @param {{values: Record<string,*>}} props */
export const Explained = ({ values }) => html`
  <dl class="facts rows">${Object.entries(values || {}).map(([k, v]) => html`<div key=${k}><dt><code>${k}</code></dt><dd><span class="strong">${typeof v === 'object' ? JSON.stringify(v) : String(v)}</span> <span class="muted">${keyOf(k) ? say(k, v) : ''}</span></dd></div>`)}</dl>`;
