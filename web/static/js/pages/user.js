/** One user: what it may do, its permissions, how it logs in. */
import { html, useEffect } from '../core/dom.js';
import { at, put } from '../core/api.js';
import { del } from '../core/deletion.js';
import { session } from '../core/session.js';
import { usePoll, refresh } from '../core/poll.js';
import { go, href } from '../core/router.js';
import { plural } from '../core/format.js';
import { allowed, limitsOf, tagList } from '../know/users.js';
import { Page, Fold, Loaded, Badge, Note, Card, Facts } from '../ui/parts.js';
import { Icon } from '../ui/icons.js';
import { Form, useForm } from '../ui/forms.js';
import { UserFields, userBody } from '../ui/user-fields.js';
import { Permissions } from '../ui/permissions.js';
import { confirm, say } from '../ui/dialog.js';

/** @param {{name: string}} props */
export function UserPage({ name }) {
  const poll = usePoll(at('users', name));
  const permissions = usePoll(at('users', name, 'permissions'));
  const u = poll.data;
  const tags = tagList(u?.tags);
  const remove = () => confirm({
    title: `Delete the user “${name}”?`, action: 'Delete user',
    lost: [
      `the user and its permissions in ${plural(permissions.data?.length ?? 0, 'virtual host')}`,
      'clients that log in as this user cannot connect any more',
      ...(name === session()?.name ? ['this is you: your session ends'] : []),
    ],
    run: () => del(at('users', name)), said: `The user “${name}” is deleted`, next: () => go(href(['users'])),
  });
  return html`
    <${Page} title=${name} crumbs=${[['Users', '#/users']]} tags=${tags.map((t) => html`<${Badge} tone=${t === 'administrator' ? 'accent' : ''}>${t}<//>`)}
      actions=${html`<button type="button" class="btn danger" onClick=${remove}><${Icon} name="trash" />Delete user</button>`}>
      <${Loaded} poll=${poll}>${(user) => html`
        ${permissions.data?.length === 0 && html`
          <${Note} tone="warn" title="This user has no permissions">It can log in, but use no virtual host. Set a permission below.<//>`}
        <${Card} title="Details"><${Facts} items=${details(user)} /><//>
        <${Permissions} of="user" name=${name} />
        <${Update} user=${user} />
      `}<//>
    <//>`;
}

const details = (user) => [
  ['May', allowed(tagList(user.tags))],
  ['Can log in with password', user.password_hash ? 'yes' : 'no'],
  ['Password hash', user.hashing_algorithm?.replace('rabbit_password_hashing_', '')],
  ['Limits', limitsOf(user)],
];

function Update({ user }) {
  const [f, on, set] = useForm({ login: user.password_hash ? 'keep' : 'none', password: '', again: '', tags: tagList(user.tags).join(', ') });
  useEffect(() => on('tags')(tagList(user.tags).join(', ')), [String(user.tags)]);
  const send = async () => {
    await put(at('users', user.name), userBody(f, user));
    say(`The user “${user.name}” is changed`);
    set({ ...f, login: f.login === 'password' ? 'keep' : f.login, password: '', again: '' });
    refresh();
  };
  return html`
    <${Fold} id="user.update" title="Update this user" open=${false}>
      <${Form} send=${send} button="Update user" label="Update this user"><${UserFields} values=${f} on=${on} update /><//>
    <//>`;
}
