/** What is wrong, the worst first, each with the next step. */
import { html, useState } from '../core/dom.js';
import { may } from '../core/session.js';
import { usePoll } from '../core/poll.js';
import { queueHref, href } from '../core/router.js';
import { bytes, count } from '../core/format.js';
import { Page, Card, Tile, Note, Loading, Empty, Fault, Badge } from '../ui/parts.js';
import { Icon } from '../ui/icons.js';
import { useSurvey } from '../ui/survey.js';
import { thorough } from '../know/survey.js';
import { kinds } from '../know/troubles.js';
import { usePlace } from '../ui/shell.js';

const few = 5; // findings of a kind that are listed at first
const most = 200; // and when all are asked for

/** The page. */
export function Health() {
  const { vhost, several } = usePlace();
  const state = useSurvey(vhost, thorough);
  const nodes = usePoll(may.monitor() ? '/nodes' : null);
  const tones = (tone) => state.found?.filter((f) => f.trouble.tone === tone).length;
  return html`
    <${Page} title="Health" lead="What is wrong with queues and nodes, the most urgent first, and what to do about it.">
      ${(nodes.data || []).map((n) => html`<${NodeTrouble} key=${n.name} node=${n} />`)}
      ${state.error && html`<${Fault} error=${state.error} />`}
      ${!state.found && !state.error && html`<${Loading} what="Looking through the queues" />`}
      ${state.found && html`
        <div class="tiles">
          <${Tile} value=${state.seen} label="queues looked at" />
          <${Tile} value=${tones('bad')} label="urgent" tone=${tones('bad') ? 'bad' : ''} />
          <${Tile} value=${tones('warn')} label="to look at" tone=${tones('warn') ? 'warn' : ''} />
          <${Tile} value=${tones('info')} label="good to know" />
        </div>
        ${state.found.length === 0 && html`
          <${Card}><${Empty} icon="ok" title="All queues are well">Messages move, consumers are there, copies are in step, and no limit is reached.<//><//>`}
        ${groups(state.found).map((g) => html`<${Group} key=${g.id} group=${g} several=${several} />`)}
        ${state.seen < state.total && html`
          <p class="muted">
            ${count(state.seen)} of ${count(state.total)} queues were looked at: the fullest, and those that are down. The others are empty or small.
          </p>`}`}
    <//>`;
}

// groups puts findings of one kind together; they come sorted, so the worst kind is first.
function groups(found) {
  const byId = new Map();
  for (const { queue, trouble } of found) {
    if (!byId.has(trouble.id)) byId.set(trouble.id, { id: trouble.id, tone: trouble.tone, items: [] });
    byId.get(trouble.id).items.push({ queue, trouble });
  }
  return [...byId.values()];
}

const icons = { bad: 'warn', warn: 'warn', info: 'info' };

// Group says the next step once where it is the same for all.
function Group({ group: { id, tone, items }, several }) {
  const [all, setAll] = useState(false);
  const advice = new Set(items.map((i) => i.trouble.next));
  const shown = items.slice(0, all ? most : few);
  const left = items.length - shown.length;
  return html`
    <section class=${`card findings ${tone}`} aria-label=${kinds[id]}>
      <header>
        <${Icon} name=${icons[tone]} /><h2 class="grow">${kinds[id]} <span class="count">${count(items.length)}</span></h2>
        ${advice.size === 1 && html`<p>${[...advice][0]}</p>`}
      </header>
      <ul>${shown.map(({ queue, trouble }) => html`
        <${Finding} key=${`${queue.vhost} ${queue.name}`} queue=${queue} several=${several}
          words=${advice.size > 1 ? `${trouble.title}. ${trouble.next}` : `${trouble.title}.`} />`)}</ul>
      ${left > 0 && html`
        <p class="pad"><button type="button" class="btn quiet small edge" onClick=${() => setAll(true)} disabled=${all}>
          ${all ? `and ${count(left)} more` : `Show ${count(Math.min(items.length, most) - shown.length)} more`}</button></p>`}
    </section>`;
}

const Finding = ({ queue: q, words, several }) => html`
  <li>
    <div class="grow">
      <p><a class="strong break" href=${queueHref(q.vhost, q.name)}>${q.name}</a> ${several && html`<${Badge}>${q.vhost}<//>`}</p>
      <p class="muted small">${words}</p>
    </div>
    ${q.messages > 0 && html`<a class="btn small" href=${href(['messages', q.vhost, q.name])}>Messages</a>`}
  </li>`;

function NodeTrouble({ node: n }) {
  if (n.running === false) {
    return html`
      <${Note} tone="bad" title=${`The node ${n.name} does not run`}>
        Queues whose only copy is there cannot be used. Start it, or look at its log.
      <//>`;
  }
  return html`
    ${n.mem_alarm && html`
      <${Note} tone="bad" title=${`Memory alarm on ${n.name}`}>
        Publishers are held back: ${bytes(n.mem_used)} of ${bytes(n.mem_limit)} are used. Consume messages, or give the node more memory.
      <//>`}
    ${n.disk_free_alarm && html`
      <${Note} tone="bad" title=${`Disk alarm on ${n.name}`}>
        Publishers are held back: ${bytes(n.disk_free)} are free, and ${bytes(n.disk_free_limit)} have to be. Free some space.
      <//>`}
    ${n.fd_used > n.fd_total * 0.9 && html`
      <${Note} tone="warn" title=${`${n.name} runs out of file descriptors`}>
        ${count(n.fd_used)} of ${count(n.fd_total)} are used; connections are refused when none is left. Raise the limit of the service.
      <//>`}`;
}
