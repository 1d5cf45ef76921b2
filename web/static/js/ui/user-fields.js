/** Password and tags of a user, for adding and updating. */
import { html } from '../core/dom.js';
import { tagWords, allowed, tagList } from '../know/users.js';
import { Field, Select } from './forms.js';

const keep = ['keep', 'Password as it is'];
const logins = [['password', 'With a password'], ['none', 'No password: cannot log in with one']];

/** @param {{values: object, on: Function, update?: boolean}} props values: login, password, again, tags */
export function UserFields({ values: f, on, update }) {
  const tags = tagList(f.tags);
  const flip = (tag) => on('tags')((tags.includes(tag) ? tags.filter((t) => t !== tag) : [...tags, tag]).join(', '));
  return html`
    <${Select} label="Login" value=${f.login} set=${on('login')} options=${update ? [keep, ...logins] : logins} />
    ${f.login === 'password' && html`
      <${Field} label="Password" type="password" value=${f.password} set=${on('password')} required autocomplete="new-password" />
      <${Field} label="Password again" type="password" value=${f.again} set=${on('again')} required autocomplete="new-password"
        fault=${f.again && f.again !== f.password ? 'The two differ' : ''} />`}
    <${Field} label="Tags" value=${f.tags} set=${on('tags')} wide hint=${allowed(tags)} placeholder="none" />
    <div class="wide chips" role="group" aria-label="Known tags">
      ${tagWords.map(([tag, label, words]) => html`
        <button key=${tag} type="button" class="chip" aria-pressed=${String(tags.includes(tag))} title=${words} onClick=${() => flip(tag)}>
          ${tags.includes(tag) ? '✓' : '+'} ${label}</button>`)}
      <button type="button" class="chip" onClick=${() => on('tags')('')}>None</button>
    </div>`;
}

/** The body of PUT users. With keep, the present hash is sent back. @param {object} f @param {object} [user] */
export function userBody(f, user) {
  const body = { tags: tagList(f.tags).join(',') };
  if (f.login === 'keep') Object.assign(body, { password_hash: user.password_hash, hashing_algorithm: user.hashing_algorithm });
  else if (f.login === 'none') body.password_hash = '';
  else {
    if (f.password !== f.again) throw Object.assign(new Error('The two passwords differ'), { advice: 'Type the same in both fields.', reason: '' });
    body.password = f.password;
  }
  return body;
}
