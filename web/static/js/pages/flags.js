/** Feature flags. */
import { html, useMemo } from '../core/dom.js';
import { at, put } from '../core/api.js';
import { usePoll, refresh } from '../core/poll.js';
import { Page, Empty, Badge, Note } from '../ui/parts.js';
import { LocalList } from '../ui/list.js';
import { attempt } from '../ui/dialog.js';

const enable = (flag) => attempt(() => put(`${at('feature-flags', flag.name)}/enable`, { name: flag.name }), `“${flag.name}” is enabled`).then(refresh);

function FlagState({ flag }) {
  if (flag.state === 'disabled') return html`<button type="button" class="btn small" onClick=${() => enable(flag)}>Enable</button>`;
  return html`<${Badge} tone=${flag.state === 'enabled' ? 'ok' : 'warn'}>${flag.state}<//>`;
}

const columns = [
  { id: 'name', label: 'Name', fixed: true, by: (f) => f.name, cell: (f) => html`<span class="strong">${f.name}</span>` },
  { id: 'state', label: 'State', on: true, by: (f) => f.state, cell: (f) => html`<${FlagState} flag=${f} />` },
  { id: 'stability', label: 'Stability', on: true, by: (f) => f.stability, cell: (f) => f.stability },
  { id: 'desc', label: 'Description', on: true, cell: (f) => html`<span class="clip" title=${f.desc}>${f.desc}</span>` },
];

/** The page. */
export function FeatureFlags() {
  const poll = usePoll('/feature-flags');
  const off = useMemo(() => (poll.data || []).filter((f) => f.state === 'disabled' && f.stability === 'stable'), [poll.data]);
  return html`
    <${Page} title="Feature flags" lead="Abilities that all nodes of a cluster must share before they are switched on. They cannot be switched off again.">
      ${off.length > 0 && html`
        <${Note} tone="warn" title="Some stable features are disabled">
          Enable them before the next upgrade: ${off.map((f) => f.name).join(', ')}.
        <//>`}
      <${LocalList} id="flags" noun="feature flags" rows=${poll.data} poll=${poll} columns=${columns} keyOf=${(f) => f.name}
        textOf=${(f) => `${f.name} ${f.desc}`} empty=${html`<${Empty} icon="ok" title="Nothing to switch on">Everything this version can do is on.<//>`} />
    <//>`;
}
