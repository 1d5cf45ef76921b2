/** Dialogs, confirmations and short messages. They live in one place at the end of the page. */
import { html, cx, render, useState, useLayoutEffect, useRef, useId } from '../core/dom.js';
import { Icon } from './icons.js';
import { Fault } from './parts.js';

let host = null;
let open = [];
let toasts = [];
let serial = 0;

function draw() {
  host ??= document.body.appendChild(document.createElement('div'));
  render(html`
    ${open.map((d) => html`<${d.component} key=${d.id} ...${d.props} done=${d.done} />`)}
    <div class="toasts" role="status" aria-live="polite">${toasts.map((t) => html`
      <div key=${t.id} class=${cx('toast', t.bad && 'bad')}>
        <div><span>${t.text}</span>${t.more && html`<small>${t.more}</small>`}</div>
        <button type="button" class="btn quiet small icon" aria-label="Dismiss" onClick=${() => drop(t.id)}><${Icon} name="close" /></button>
      </div>`)}
    </div>`, host);
}

function drop(id) {
  toasts = toasts.filter((t) => t.id !== id);
  draw();
}

/** Says shortly that something was done. @param {string} text @param {string} [more] */
export function say(text, more) {
  toast({ text, more }, 5000);
}

// sayFault says what failed and what to do.
function sayFault(error) {
  const words = error.reason && error.reason !== error.message ? `The node said: “${error.reason}”` : '';
  toast({ text: error.message, more: [error.advice, words].filter(Boolean).join(' '), bad: true }, 12000);
}

function toast(t, ms) {
  const id = ++serial;
  toasts = [...toasts.slice(-3), { ...t, id }];
  draw();
  setTimeout(() => drop(id), ms);
}

/**
 * Does something and says how it went; gives whether it worked.
 * @param {() => Promise<*>} action @param {string} [done] what to say then
 */
export async function attempt(action, done) {
  try {
    await action();
    if (done) say(done);
    return true;
  } catch (error) {
    sayFault(error);
    return false;
  }
}

/**
 * Shows a dialog and waits for what it is closed with.
 * @param {Function} component gets its props and done(result)
 * @param {object} [props]
 */
export function ask(component, props = {}) {
  return new Promise((resolve) => {
    const id = ++serial;
    const before = document.activeElement;
    const done = (result) => {
      open = open.filter((d) => d.id !== id);
      draw();
      if (before?.isConnected) before.focus();
      resolve(result);
    };
    open = [...open, { id, component, props, done }];
    draw();
  });
}

/** Closes all dialogs: whoever opened them is gone. */
export function closeAll() {
  for (const d of open) d.done(undefined);
}

/**
 * The frame of a dialog. The browser keeps the focus inside, and Escape closes.
 * @param {{title: *, wide?: boolean, class?: string, done: Function, children: *}} props
 */
export function Dialog({ title, wide, class: className, done, children }) {
  const ref = useRef(null);
  const id = useId();
  useLayoutEffect(() => { // at once, so that a second click does not open a second one
    ref.current.showModal();
    const hash = () => done(undefined);
    window.addEventListener('hashchange', hash);
    return () => window.removeEventListener('hashchange', hash);
  }, []);
  return html`
    <dialog ref=${ref} class=${className || (wide ? 'wide' : '')} aria-labelledby=${title ? id : undefined}
      onCancel=${(e) => { e.preventDefault(); done(undefined); }} onMouseDown=${(e) => { if (e.target === ref.current && className) done(undefined); }}>
      ${title ? html`
        <div class="inner">
          <header>
            <h2 id=${id}>${title}</h2>
            <button type="button" class="btn quiet small icon" aria-label="Close dialog" onClick=${() => done(undefined)}><${Icon} name="close" /></button>
          </header>
          ${children}
        </div>` : children}
    </dialog>`;
}

function Confirm({ title, text, lost, action, word, run, done }) {
  const [typed, setTyped] = useState('');
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const id = useId();
  const submit = async (e) => {
    e.preventDefault();
    setBusy(true);
    try {
      await run?.();
      done(true);
    } catch (err) {
      setError(err);
      setBusy(false);
    }
  };
  return html`
    <${Dialog} title=${title} done=${done}>
      <form class="stack" onSubmit=${submit}>
        ${text && html`<p>${text}</p>`}
        ${lost?.length > 0 && html`
          <div class="note warn">
            <${Icon} name="warn" />
            <div class="grow"><p class="strong">What will be lost</p><ul>${lost.map((l) => html`<li>${l}</li>`)}</ul></div>
          </div>`}
        ${word && html`
          <div class="field">
            <label for=${id}>Type “${word}” to confirm</label>
            <input id=${id} value=${typed} autocomplete="off" onInput=${(e) => setTyped(e.target.value)} />
          </div>`}
        ${error && html`<${Fault} error=${error} />`}
        <footer><button type="button" class="btn" onClick=${() => done(false)}>Cancel</button>
        <button class="btn danger fill" disabled=${busy || (word && typed !== word)}>${action}</button></footer>
      </form>
    <//>`;
}

/**
 * Asks before something is destroyed, naming what will be lost, and does it.
 * @param {{title: string, text?: string, lost?: string[], action: string, word?: string, run: () => Promise<*>, said?: string, next?: () => void}} props
 * word has to be typed first; said is a short message afterwards, and next what happens then
 * @returns {Promise<boolean>} whether it was done
 */
export async function confirm({ said, next, ...question }) {
  const done = await ask(Confirm, question) === true;
  if (done && said) say(said);
  if (done) next?.();
  return done;
}
