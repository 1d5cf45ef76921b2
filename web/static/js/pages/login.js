/** The way in. */
import { html, useState, useEffect } from '../core/dom.js';
import { get } from '../core/api.js';
import { begin, basic } from '../core/session.js';
import { Logo } from '../ui/icons.js';
import { Field } from '../ui/forms.js';
import { Fault } from '../ui/parts.js';

/** Asks for a name and a password and begins a session; the address stays, so a link still leads where it should. */
export function Login() {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => { document.title = 'Log in · amqpd'; }, []);
  const submit = async (e) => {
    e.preventDefault();
    setBusy(true);
    setError(null);
    const authorization = basic(name, password);
    try {
      begin(await get('/whoami', { authorization }), authorization);
    } catch (err) {
      setError(err);
      setPassword('');
      setBusy(false);
    }
  };
  return html`
    <main class="login">
      <form onSubmit=${submit} aria-label="Log in">
        <h1 class="brand"><${Logo} /><span>amqpd</span></h1>
        <p class="muted">Management console of this message broker.</p>
        <${Field} label="Username" value=${name} set=${setName} required autofocus autocomplete="username" name="username" autocapitalize="none" />
        <${Field} label="Password" type="password" value=${password} set=${setPassword} required autocomplete="current-password" name="password" />
        ${error && html`<${Fault} error=${error} />`}
        <button class="btn primary" disabled=${busy}>${busy ? 'Logging in …' : 'Log in'}</button>
      </form>
    </main>`;
}
