/** One line on the first page: how many queues need a look. */
import { html } from '../core/dom.js';
import { plural } from '../core/format.js';
import { Note } from '../ui/parts.js';
import { useSurvey } from '../ui/survey.js';
import { usePlace } from '../ui/shell.js';

/** Shown only when something is wrong. */
export function HealthStrip() {
  const { vhost } = usePlace();
  const { found } = useSurvey(vhost, 1);
  const serious = (found || []).filter((f) => f.trouble.tone !== 'info');
  if (serious.length === 0) return null;
  const queues = new Set(serious.map((f) => `${f.queue.vhost} ${f.queue.name}`)).size;
  const worst = serious[0];
  return html`<${Note} tone=${worst.trouble.tone} title=${`${plural(queues, 'queue needs', 'queues need')} a look`} action=${html`<a class="btn small" href="#/health">What is wrong</a>`}>
    The first: ${worst.queue.name}. ${worst.trouble.title}.<//>`;
}
