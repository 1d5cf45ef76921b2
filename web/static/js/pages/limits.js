/** Limits of virtual hosts and users. */
import { html } from '../core/dom.js';
import { at, put } from '../core/api.js';
import { del } from '../core/deletion.js';
import { may } from '../core/session.js';
import { usePoll, refresh } from '../core/poll.js';
import { count } from '../core/format.js';
import { Page, Card, Loaded, Empty } from '../ui/parts.js';
import { SmallTable } from '../ui/table.js';
import { Form, Field, Select, useForm } from '../ui/forms.js';
import { confirm, say } from '../ui/dialog.js';
import { useVhosts } from '../ui/choices.js';

const kinds = {
  vhost: {
    title: 'Limits of virtual hosts', label: 'Virtual host', path: 'vhost-limits', names: [['max-connections', 'Connections'], ['max-queues', 'Queues']],
  },
  user: { title: 'Limits of users', label: 'User', path: 'user-limits', names: [['max-connections', 'Connections'], ['max-channels', 'Channels']] },
};

/** The page. */
export const Limits = () => html`
  <${Page} title="Limits" lead="How much a virtual host or a user may use. What is over a limit already stays; new ones are refused.">
    <div class="grid two"><${Kind} kind="vhost" /><${Kind} kind="user" /></div>
  <//>`;

function Kind({ kind }) {
  const k = kinds[kind];
  const poll = usePoll(`/${k.path}`);
  const rows = (poll.data || []).flatMap((l) => Object.entries(Array.isArray(l.value) ? {} : l.value).map(([name, value]) => ({ of: l[kind], name, value })));
  const clear = (r) => confirm({
    title: 'Clear this limit?', lost: [`${r.name} of “${r.of}”: there is no limit then`], action: 'Clear',
    run: () => del(at(k.path, r.of, r.name)), next: refresh,
  });
  const columns = [
    { id: 'of', label: k.label, by: (r) => r.of, cell: (r) => r.of }, { id: 'name', label: 'Limit', by: (r) => r.name, cell: (r) => r.name },
    { id: 'value', label: 'Value', num: true, by: (r) => r.value, cell: (r) => (r.value < 0 ? 'none' : count(r.value)) },
    may.administer() && {
      id: 'act', label: '', act: true, cell: (r) => html`<button type="button" class="btn danger small" onClick=${() => clear(r)}>Clear</button>`,
    },
  ].filter(Boolean);
  return html`
    <${Card} title=${k.title}>
      <${Loaded} poll=${poll}>${() => html`
        <${SmallTable} label=${k.title} columns=${columns} rows=${rows} keyOf=${(r) => `${r.of} ${r.name}`}
          empty=${html`<${Empty} title="None are set">There may be as many as the node can carry.<//>`} />`}<//>
      ${may.administer() && html`<${SetLimit} kind=${kind} k=${k} />`}
    <//>`;
}

function SetLimit({ kind, k }) {
  const [f, on] = useForm({ of: '', name: 'max-connections', value: '' });
  const vhosts = useVhosts((list) => { if (kind === 'vhost') on('of')(list[0]); });
  const users = usePoll(kind === 'user' ? '/users?columns=name' : null, { once: true });
  const options = kind === 'vhost' ? vhosts : (users.data || []).map((u) => u.name);
  const bad = f.value !== '' && !/^-?\d+$/.test(f.value.trim());
  const send = async () => {
    await put(at(k.path, f.of || options[0], f.name), { value: Number(f.value) });
    say('The limit is set');
    on('value')('');
    refresh();
  };
  return html`
    <${Form} send=${send} button="Set limit" label=${`Set a limit of a ${k.label.toLowerCase()}`} disabled=${bad || options.length === 0}>
      <${Select} label=${k.label} value=${f.of || options[0] || ''} set=${on('of')} options=${options} />
      <${Select} label="Limit" value=${f.name} set=${on('name')} options=${k.names} />
      <${Field} label="Value" value=${f.value} set=${on('value')} required inputmode="numeric"
        fault=${bad ? 'A whole number; a negative one means no limit' : ''} />
    <//>`;
}
