/** All users, and how to add one. */
import { html, useMemo } from '../core/dom.js';
import { at, put } from '../core/api.js';
import { usePoll, refresh } from '../core/poll.js';
import { group } from '../core/group.js';
import { href } from '../core/router.js';
import { limitsOf, tagList } from '../know/users.js';
import { Page, Card, Badge, Empty, Note } from '../ui/parts.js';
import { LocalList } from '../ui/list.js';
import { Form, Field, useForm } from '../ui/forms.js';
import { UserFields, userBody } from '../ui/user-fields.js';
import { say } from '../ui/dialog.js';

const Tags = ({ user: u }) => html`
  <span class="badges">${tagList(u.tags).map((t) => html`<${Badge} tone=${t === 'administrator' ? 'accent' : ''}>${t}<//>`)}</span>`;

const Access = ({ user: u }) => (u.vhosts.length > 0
  ? html`<span class="clip">${u.vhosts.join(', ')}</span>`
  : html`<${Badge} tone="warn" title="It can log in, and do nothing">No access<//>`);

const no = html`<span class="muted">no</span>`;

const columns = [
  { id: 'name', label: 'Name', fixed: true, by: (u) => u.name, cell: (u) => html`<a class="strong clip" href=${href(['users', u.name])}>${u.name}</a>` },
  { id: 'tags', label: 'Tags', on: true, by: (u) => tagList(u.tags).join(), cell: (u) => html`<${Tags} user=${u} />` },
  { id: 'vhosts', label: 'Can access virtual hosts', on: true, by: (u) => u.vhosts.length, cell: (u) => html`<${Access} user=${u} />` },
  { id: 'password', label: 'Has password', on: true, by: (u) => !!u.password_hash, cell: (u) => (u.password_hash ? 'yes' : no) },
  { id: 'limits', label: 'Limits', on: true, cell: limitsOf },
];

/** The page. */
export function Users() {
  const poll = usePoll('/users');
  const permissions = usePoll('/permissions');
  const vhosts = useMemo(() => group(permissions.data, (p) => p.user, (p) => p.vhost), [permissions.data]);
  const rows = useMemo(() => poll.data?.map((u) => ({ ...u, vhosts: vhosts.get(u.name) || [] })), [poll.data, vhosts]);
  const guest = poll.data?.some((u) => u.name === 'guest');
  return html`
    <${Page} title="Users" lead="Who may log in. What a user may do in a virtual host is on its page.">
      ${guest && html`
        <${Note} title="The user “guest” is still there">
          It can log in only from the machine that the broker runs on. When you have an administrator of your own, delete it.
        <//>`}
      <${LocalList} id="users" noun="users" rows=${rows} poll=${poll} columns=${columns} keyOf=${(u) => u.name} textOf=${(u) => u.name}
        empty=${html`<${Empty} icon="user" title="No users" />`} />
      <${AddUser} known=${poll.data || []} />
    <//>`;
}

function AddUser({ known }) {
  const blank = { name: '', login: 'password', password: '', again: '', tags: '' };
  const [f, on, set] = useForm(blank);
  const exists = known.some((u) => u.name === f.name);
  const send = async () => {
    await put(at('users', f.name), userBody(f));
    if (exists) say(`The user “${f.name}” is changed`);
    else say(`The user “${f.name}” is there`, 'Give it permissions in a virtual host on its page.');
    set(blank);
    refresh();
  };
  return html`
    <${Card} title="Add a user">
      <${Form} send=${send} button=${exists ? 'Replace user' : 'Add user'} danger=${exists} label="Add a user">
        <${Field} label="Username" value=${f.name} set=${on('name')} required autocomplete="off"
          fault=${exists ? 'There is one already: its password and tags would be replaced' : ''} />
        <${UserFields} values=${f} on=${on} />
      <//>
    <//>`;
}
