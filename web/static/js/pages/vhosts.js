/** All virtual hosts, and how to add one. */
import { html, useMemo } from '../core/dom.js';
import { at, put } from '../core/api.js';
import { usePoll, refresh } from '../core/poll.js';
import { href } from '../core/router.js';
import { byteRate, count, rate, rateOf } from '../core/format.js';
import { tagList } from '../know/tags.js';
import { Page, Card, Empty, State, Badge } from '../ui/parts.js';
import { LocalList } from '../ui/list.js';
import { Form, Field, Select, useForm } from '../ui/forms.js';
import { say } from '../ui/dialog.js';

/** The worst state of a virtual host on its nodes. @param {object} v */
export const vhostState = (v) => Object.values(v.cluster_state || {}).find((s) => s !== 'running') || 'running';

const columns = [
  { id: 'name', label: 'Name', fixed: true, by: (v) => v.name, cell: (v) => html`<a class="strong clip" href=${href(['vhosts', v.name])}>${v.name}</a>` },
  { id: 'users', label: 'Users', on: true, cell: (v) => (v.users.length ? html`<span class="clip">${v.users.join(', ')}</span>` : html`<${Badge} tone="warn">No users<//>`) },
  { id: 'state', label: 'State', on: true, by: vhostState, cell: (v) => html`<${State} state=${vhostState(v)} />` },
  { id: 'description', label: 'Description', on: true, by: (v) => v.description, cell: (v) => html`<span class="clip">${v.description}</span>` },
  { id: 'tags', label: 'Tags', on: false, cell: (v) => tagList(v.tags).map((t) => html`<${Badge}>${t}<//> `) },
  { id: 'type', label: 'Default queue type', cell: (v) => (v.default_queue_type === 'undefined' ? '' : v.default_queue_type) },
  { id: 'ready', label: 'Ready', on: true, num: true, by: (v) => v.messages_ready ?? 0, cell: (v) => count(v.messages_ready ?? 0) },
  { id: 'unacked', label: 'Unacked', on: true, num: true, by: (v) => v.messages_unacknowledged ?? 0, cell: (v) => count(v.messages_unacknowledged ?? 0) },
  { id: 'total', label: 'Total', on: true, num: true, by: (v) => v.messages ?? 0, cell: (v) => count(v.messages ?? 0) },
  { id: 'recv', label: 'From client', on: true, num: true, by: (v) => v.recv_oct_details?.rate ?? 0, cell: (v) => byteRate(v.recv_oct_details?.rate ?? 0) },
  { id: 'send', label: 'To client', on: true, num: true, by: (v) => v.send_oct_details?.rate ?? 0, cell: (v) => byteRate(v.send_oct_details?.rate ?? 0) },
  { id: 'publish', label: 'Publish', on: true, num: true, by: (v) => rateOf(v.message_stats, 'publish') ?? 0, cell: (v) => rate(rateOf(v.message_stats, 'publish') ?? 0) },
  { id: 'deliver', label: 'Deliver / get', on: true, num: true, by: (v) => rateOf(v.message_stats, 'deliver_get') ?? 0, cell: (v) => rate(rateOf(v.message_stats, 'deliver_get') ?? 0) },
];

/** The page. */
export function Vhosts() {
  const poll = usePoll('/vhosts');
  const permissions = usePoll('/permissions');
  const rows = useMemo(() => poll.data?.map((v) => ({ ...v, users: (permissions.data || []).filter((p) => p.vhost === v.name).map((p) => p.user) })), [poll.data, permissions.data]);
  return html`
    <${Page} title="Virtual hosts" lead="Separate worlds in one broker: the same name may mean another queue in each.">
      <${LocalList} id="vhosts" noun="virtual hosts" rows=${rows} poll=${poll} columns=${columns} keyOf=${(v) => v.name} textOf=${(v) => v.name} empty=${html`<${Empty} title="No virtual hosts" />`} />
      <${AddVhost} />
    <//>`;
}

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
        <${Select} label="Default queue type" value=${f.type} set=${on('type')} options=${[['', 'Classic, as usual'], ['classic', 'Classic'], ['quorum', 'Quorum'], ['stream', 'Stream']]} hint="For queues that name none" />
      <//>
    <//>`;
}
