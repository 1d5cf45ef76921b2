/** How many queues need a look, on the first page. */
import { html, cx } from '../core/dom.js';
import { plural } from '../core/format.js';
import { Icon } from '../ui/icons.js';
import { useSurvey } from '../ui/survey.js';
import { usePlace } from '../ui/shell.js';

/** A link to the page Health, shown only when something is wrong. It stands in the page's head, so that nothing moves when it comes. */
export function HealthLink() {
  const { vhost } = usePlace();
  const { found } = useSurvey(vhost, 1);
  const serious = (found || []).filter((f) => f.trouble.tone !== 'info');
  if (serious.length === 0) return null;
  const queues = new Set(serious.map((f) => `${f.queue.vhost} ${f.queue.name}`)).size;
  const worst = serious[0];
  return html`
    <a class=${cx('btn alarm', worst.trouble.tone)} href="#/health" title=${`The first: ${worst.queue.name}. ${worst.trouble.title}.`}>
      <${Icon} name="warn" />${plural(queues, 'queue needs', 'queues need')} a look</a>`;
}
