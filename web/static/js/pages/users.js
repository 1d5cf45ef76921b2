/** All users, and how to add one. */
import { html, useMemo } from '../core/dom.js';
import { at, put } from '../core/api.js';
import { usePoll, refresh } from '../core/poll.js';
import { href } from '../core/router.js';
import { tagList } from '../know/tags.js';
import { Page, Card, Badge, Empty, Note } from '../ui/parts.js';
import { LocalList } from '../ui/list.js';
import { Form, Field, useForm } from '../ui/forms.js';
import { UserFields, userBody } from '../ui/user-fields.js';
import { say } from '../ui/dialog.js';

const columns = [
  { id: 'name', label: 'Name', fixed: true, by: (u) => u.name, cell: (u) => html`<a class="strong clip" href=${href(['users', u.name])}>${u.name}</a>` },
  { id: 'tags', label: 'Tags', on: true, by: (u) => tagList(u.tags).join(), cell: (u) => html`<span class="badges">${tagList(u.tags).map((t) => html`<${Badge} tone=${t === 'administrator' ? 'accent' : ''}>${t}<//>`)}</span>` },
  { id: 'vhosts', label: 'Can access virtual hosts', on: true, by: (u) => u.vhosts.length, cell: (u) => (u.vhosts.length ? html`<span class="clip">${u.vhosts.join(', ')}</span>` : html`<${Badge} tone="warn" title="It can log in, and do nothing">No access<//>`) },
  { id: 'password', label: 'Has password', on: true, by: (u) => (u.password_hash ? 1 : 0), cell: (u) => (u.password_hash ? 'yes' : html`<span class="muted">no</span>`) },
  { id: 'limits', label: 'Limits', on: true, cell: (u) => Object.entries(Array.isArray(u.limits) ? {} : u.limits || {}).map(([k, v]) => `${k} ${v}`).join(', ') },
];

/** The page. */
export function Users() {
  const poll = usePoll('/users');
  const permissions = usePoll('/permissions');
  const rows = useMemo(() => poll.data?.map((u) => ({ ...u, vhosts: (permissions.data || []).filter((p) => p.user === u.name).map((p) => p.vhost) })), [poll.data, permissions.data]);
  const guest = poll.data?.some((u) => u.name === 'guest');
  return html`
    <${Page} title="Users" lead="Who may log in. What a user may do in a virtual host is on its page.">
      ${guest && html`<${Note} title="The user “guest” is still there">It can log in only from the machine that the broker runs on. When you have an administrator of your own, delete it.<//>`}
      <${LocalList} id="users" noun="users" rows=${rows} poll=${poll} columns=${columns} keyOf=${(u) => u.name} textOf=${(u) => u.name} empty=${html`<${Empty} icon="user" title="No users" />`} />
      <${AddUser} known=${poll.data || []} />
    <//>`;
}

function AddUser({ known }) {
  const blank = { name: '', login: 'password', password: '', again: '', tags: '' };
  const [f, on, set] = useForm(blank);
  const exists = known.some((u) => u.name === f.name);
  const send = async () => {
    await put(at('users', f.name), userBody(f));
    say(exists ? `The user “${f.name}” is changed` : `The user “${f.name}” is there`, exists ? undefined : 'Give it permissions in a virtual host on its page.');
    set(blank);
    refresh();
  };
  return html`
    <${Card} title="Add a user">
      <${Form} send=${send} button=${exists ? 'Replace user' : 'Add user'} danger=${exists} label="Add a user">
        <${Field} label="Username" value=${f.name} set=${on('name')} required autocomplete="off" fault=${exists ? 'There is one already: its password and tags would be replaced' : ''} />
        <${UserFields} values=${f} on=${on} />
      <//>
    <//>`;
}
