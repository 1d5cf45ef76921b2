/** Permissions of a user or in a virtual host: lists with Clear, and forms to set them. */
import { html } from '../core/dom.js';
import { at, put, exchangeName } from '../core/api.js';
import { del } from '../core/deletion.js';
import { usePoll, refresh } from '../core/poll.js';
import { href } from '../core/router.js';
import { exchangeLabel } from '../core/format.js';
import { SmallTable } from './table.js';
import { Fold, Empty, Loaded } from './parts.js';
import { Form, Field, Select, useForm } from './forms.js';
import { confirm, say } from './dialog.js';
import { useVhosts, useNames } from './choices.js';

const nothing = html`<span class="muted">nothing</span>`;
const pattern = (key, label) => ({ id: key, label, cell: (p) => (p[key] === '' ? nothing : html`<code class="clip">${p[key]}</code>`) });
const patterns = [pattern('configure', 'Configure'), pattern('write', 'Write'), pattern('read', 'Read')];
const action = (run) => ({
  id: 'act', label: '', act: true, cell: (p) => html`<button type="button" class="btn danger small" onClick=${() => run(p)}>Clear</button>`,
});
const subject = (of) => (of === 'user'
  ? { id: 'vhost', label: 'Virtual host', by: (p) => p.vhost, cell: (p) => html`<a class="strong" href=${href(['vhosts', p.vhost])}>${p.vhost}</a>` }
  : { id: 'user', label: 'User', by: (p) => p.user, cell: (p) => html`<a class="strong" href=${href(['users', p.user])}>${p.user}</a>` });

const exchange = { id: 'exchange', label: 'Exchange', cell: (p) => exchangeLabel(p.exchange) };

const clearing = (p, what, path) => confirm({
  title: `Clear the ${what} of ${p.user}?`, action: 'Clear',
  lost: [`what “${p.user}” may do in the virtual host “${p.vhost}”`],
  run: () => del(path), next: refresh,
});
const clear = (p) => clearing(p, 'permissions', at('permissions', p.vhost, p.user));
const clearTopic = (p) => clearing(
  p, `topic permissions on “${exchangeLabel(p.exchange)}”`, at('topic-permissions', p.vhost, p.user, exchangeName(p.exchange)),
);

/**
 * @param {{of: 'user'|'vhost', name: string}} props of whom or of what the permissions are shown
 */
export function Permissions({ of, name }) {
  const poll = usePoll(at(of === 'user' ? 'users' : 'vhosts', name, 'permissions'));
  const topic = usePoll(at(of === 'user' ? 'users' : 'vhosts', name, 'topic-permissions'));
  const none = html`
    <${Empty} icon="user" title="No permissions">
      ${of === 'user' ? 'It can use no virtual host.' : 'No user can use this virtual host.'} Set a permission below.
    <//>`;
  return html`
    <${Fold} id=${`${of}.permissions`} title="Permissions" count=${poll.data?.length}>
      <${Loaded} poll=${poll}>${(rows) => html`
        <${SmallTable} label="Permissions" columns=${[subject(of), ...patterns, action(clear)]} rows=${rows}
          keyOf=${(p) => `${p.user} ${p.vhost}`} empty=${none} />`}<//>
      <${SetPermission} of=${of} name=${name} />
    <//>
    <${Fold} id=${`${of}.topic`} title="Topic permissions" count=${topic.data?.length} open=${false}>
      <p class="muted prose">They bound which routing keys may be used with a topic exchange. Without an entry, all may.</p>
      <${Loaded} poll=${topic}>${(rows) => html`
        <${SmallTable} label="Topic permissions" columns=${[subject(of), exchange, ...patterns.slice(1), action(clearTopic)]} rows=${rows}
          keyOf=${(p) => `${p.user} ${p.vhost} ${p.exchange}`} empty=${html`<p class="muted">None are set.</p>`} />`}<//>
      <${SetTopic} of=${of} name=${name} />
    <//>`;
}

function Other({ of, value, set }) {
  const vhosts = useVhosts((list) => { if (of === 'user' && !value) set(list[0]); });
  const users = usePoll(of === 'vhost' ? '/users?columns=name' : null, { once: true });
  const names = of === 'user' ? vhosts : (users.data || []).map((u) => u.name);
  if (of === 'vhost' && !value && names.length) set(names[0]);
  return html`<${Select} label=${of === 'user' ? 'Virtual host' : 'User'} value=${value} set=${set} options=${names} />`;
}

const whose = (of, name, other) => (of === 'user' ? [other, name] : [name, other]);

function SetPermission({ of, name }) {
  const [f, on] = useForm({ other: '', configure: '.*', write: '.*', read: '.*' });
  const send = async () => {
    await put(at('permissions', ...whose(of, name, f.other)), { configure: f.configure, write: f.write, read: f.read });
    say('The permission is set');
    refresh();
  };
  return html`
    <${Form} send=${send} button="Set permission" label="Set permission" disabled=${!f.other}>
      <${Other} of=${of} value=${f.other} set=${on('other')} />
      <${Field} label="Configure regexp" value=${f.configure} set=${on('configure')} hint="Names it may declare and delete. Empty: none." />
      <${Field} label="Write regexp" value=${f.write} set=${on('write')} hint="Exchanges it may publish to." />
      <${Field} label="Read regexp" value=${f.read} set=${on('read')} hint="Queues it may consume from." />
    <//>`;
}

function SetTopic({ of, name }) {
  const [f, on] = useForm({ other: '', exchange: 'amq.topic', write: '.*', read: '.*' });
  const [vhost] = whose(of, name, f.other);
  const exchanges = useNames('exchanges', vhost);
  const send = async () => {
    await put(at('topic-permissions', ...whose(of, name, f.other)), { exchange: f.exchange, write: f.write, read: f.read });
    say('The topic permission is set');
    refresh();
  };
  return html`
    <${Form} send=${send} button="Set topic permission" label="Set topic permission" disabled=${!f.other}>
      <${Other} of=${of} value=${f.other} set=${on('other')} />
      <${Field} label="Exchange" value=${f.exchange} set=${on('exchange')} list=${exchanges} />
      <${Field} label="Write regexp" value=${f.write} set=${on('write')} hint="Routing keys it may publish with." />
      <${Field} label="Read regexp" value=${f.read} set=${on('read')} hint="Routing keys it may bind with." />
    <//>`;
}
