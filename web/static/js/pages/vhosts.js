/** All virtual hosts, and how to add one. */
import { html, useMemo } from '../core/dom.js';
import { at, put } from '../core/api.js';
import { usePoll, refresh } from '../core/poll.js';
import { group } from '../core/group.js';
import { href } from '../core/router.js';
import { byteRate, count, rate, rateOf } from '../core/format.js';
import { tagList } from '../know/users.js';
import { Page, Card, Empty, State, Badge } from '../ui/parts.js';
import { LocalList } from '../ui/list.js';
import { Form, Field, Select, useForm } from '../ui/forms.js';
import { say } from '../ui/dialog.js';

// vhostState is the worst state of a virtual host on its nodes.
const vhostState = (v) => Object.values(v.cluster_state || {}).find((s) => s !== 'running') || 'running';

const number = (id, label, figure, format) => ({ id, label, on: true, num: true, by: (v) => figure(v) ?? 0, cell: (v) => format(figure(v) ?? 0) });
const nobody = html`<${Badge} tone="warn">No users<//>`;

const columns = [
  { id: 'name', label: 'Name', fixed: true, by: (v) => v.name, cell: (v) => html`<a class="strong clip" href=${href(['vhosts', v.name])}>${v.name}</a>` },
  { id: 'users', label: 'Users', on: true, cell: (v) => (v.users.length ? html`<span class="clip">${v.users.join(', ')}</span>` : nobody) },
  { id: 'state', label: 'State', on: true, by: vhostState, cell: (v) => html`<${State} state=${vhostState(v)} />` },
  { id: 'description', label: 'Description', on: true, by: (v) => v.description, cell: (v) => html`<span class="clip">${v.description}</span>` },
  { id: 'tags', label: 'Tags', on: false, cell: (v) => tagList(v.tags).map((t) => html`<${Badge}>${t}<//> `) },
  { id: 'type', label: 'Default queue type', cell: (v) => (v.default_queue_type === 'undefined' ? '' : v.default_queue_type) },
  number('ready', 'Ready', (v) => v.messages_ready, count), number('unacked', 'Unacked', (v) => v.messages_unacknowledged, count),
  number('total', 'Total', (v) => v.messages, count),
  number('recv', 'From client', (v) => v.recv_oct_details?.rate, byteRate), number('send', 'To client', (v) => v.send_oct_details?.rate, byteRate),
  number('publish', 'Publish', (v) => rateOf(v.message_stats, 'publish'), rate),
  number('deliver', 'Deliver / get', (v) => rateOf(v.message_stats, 'deliver_get'), rate),
];

/** The page. */
export function Vhosts() {
  const poll = usePoll('/vhosts');
  const permissions = usePoll('/permissions');
  const users = useMemo(() => group(permissions.data, (p) => p.vhost, (p) => p.user), [permissions.data]);
  const rows = useMemo(() => poll.data?.map((v) => ({ ...v, users: users.get(v.name) || [] })), [poll.data, users]);
  return html`
    <${Page} title="Virtual hosts" lead="Separate worlds in one broker: the same name may mean another queue in each.">
      <${LocalList} id="vhosts" noun="virtual hosts" rows=${rows} poll=${poll} columns=${columns} keyOf=${(v) => v.name} textOf=${(v) => v.name}
        empty=${html`<${Empty} title="No virtual hosts" />`} />
      <${AddVhost} />
    <//>`;
}

const types = [['', 'Classic, as usual'], ['classic', 'Classic'], ['quorum', 'Quorum'], ['stream', 'Stream']];

function AddVhost() {
  const blank = { name: '', description: '', tags: '', type: '' };
  const [f, on, set] = useForm(blank);
  const send = async () => {
    const body = { description: f.description, tags: f.tags };
    if (f.type) Object.assign(body, { defaultqueuetype: f.type, default_queue_type: f.type });
    await put(at('vhosts', f.name), body);
    say(`The virtual host “${f.name}” is there`, 'You have all permissions in it.');
    set(blank);
    refresh();
  };
  return html`
    <${Card} title="Add a virtual host">
      <${Form} send=${send} button="Add virtual host" label="Add a virtual host">
        <${Field} label="Name" value=${f.name} set=${on('name')} required />
        <${Field} label="Description" value=${f.description} set=${on('description')} />
        <${Field} label="Tags" value=${f.tags} set=${on('tags')} hint="Separated by commas" />
        <${Select} label="Default queue type" value=${f.type} set=${on('type')} options=${types} hint="For queues that name none" />
      <//>
    <//>`;
}
