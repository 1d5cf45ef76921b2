/** Fields with labels, hints and faults, and a form that sends and says how it went. */
import { html, cx, useState, useId } from '../core/dom.js';
import { Fault } from './parts.js';

/**
 * A labelled input.
 * @param {{label: string, value: *, set: (value: string) => void, type?: string, hint?: *, fault?: string, required?: boolean,
 *   wide?: boolean, list?: string[]}} props
 * list offers values to complete from
 */
export function Field({ label, value, set, type = 'text', hint, fault, required, wide, list, ...rest }) {
  const id = useId();
  const about = [hint && `${id}-h`, fault && `${id}-f`].filter(Boolean).join(' ') || undefined;
  const common = { id, value, required, onInput: (e) => set(e.target.value), 'aria-describedby': about };
  return html`
    <div class=${cx('field', wide && 'wide')}>
      <label for=${id}>${label}</label>
      ${type === 'textarea'
    ? html`<textarea ...${common} spellcheck="false" ...${rest}></textarea>`
    : html`<input ...${common} type=${type} list=${list ? `${id}-l` : undefined} aria-invalid=${fault ? 'true' : undefined}
        autocomplete="off" spellcheck="false" ...${rest} />`}
      ${list && html`<datalist id=${`${id}-l`}>${list.slice(0, 500).map((v) => html`<option value=${v} />`)}</datalist>`}
      ${hint && html`<span class="hint" id=${`${id}-h`}>${hint}</span>`}
      ${fault && html`<span class="fault" id=${`${id}-f`}>${fault}</span>`}
    </div>`;
}

/** A labelled selection. @param {{label: string, value: *, set: Function, options: (string|[string,string])[], hint?: *, wide?: boolean}} props */
export function Select({ label, value, set, options, hint, wide, ...rest }) {
  const id = useId();
  return html`
    <div class=${cx('field', wide && 'wide')}>
      <label for=${id}>${label}</label>
      <select id=${id} value=${value} onChange=${(e) => set(e.target.value)} aria-describedby=${hint ? `${id}-h` : undefined} ...${rest}>
        ${options.map((o) => (Array.isArray(o) ? o : [o, o])).map(([v, text]) => html`<option key=${v} value=${v} selected=${v === value}>${text}</option>`)}
      </select>
      ${hint && html`<span class="hint" id=${`${id}-h`}>${hint}</span>`}
    </div>`;
}

/** One of a few. Options are [value, label, explanation?]. */
export function Radios({ label, value, set, options, cards, wide = true }) {
  const name = useId();
  return html`
    <fieldset class=${cx(wide && 'wide')}><legend class="label">${label}</legend>
      <div class=${cards ? 'cards-pick' : 'radios'}>${options.map(([v, text, more]) => html`
        <label key=${v}>
          <input type="radio" name=${name} value=${v} checked=${v === value} onChange=${() => set(v)}
            aria-describedby=${more ? `${name}-${v}` : undefined} aria-label=${text} />
          <span>${text}${more && html`<small id=${`${name}-${v}`}>${more}</small>`}</span>
        </label>`)}</div>
    </fieldset>`;
}

/** A box to tick. */
export const Tick = ({ label, value, set, ...rest }) => html`
  <label class="tick"><input type="checkbox" checked=${value} onChange=${(e) => set(e.target.checked)} ...${rest} /> <span>${label}</span></label>`;

/**
 * The values of a form as state: [values, setter] where setter('name') gives a function.
 * @param {object} initial
 */
export function useForm(initial) {
  const [values, set] = useState(initial);
  const at = (key) => (value) => set((old) => ({ ...old, [key]: value }));
  return [values, at, set];
}

/**
 * A form. While it sends, its button waits; what fails is shown above the button.
 * @param {{send: () => Promise<*>, button: string, danger?: boolean, disabled?: boolean, extra?: *, cols?: boolean, children: *}} props
 */
export function Form({ send, button, danger, disabled, extra, cols = true, label, children }) {
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const submit = async (e) => {
    e.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await send();
    } catch (err) {
      if (err.reason === undefined && err.advice === undefined) err.advice = '';
      setError(err);
    }
    setBusy(false);
  };
  return html`
    <form class=${cx('form', cols && 'cols')} onSubmit=${submit} aria-label=${label}>
      ${children}
      ${error && html`<div class="wide"><${Fault} error=${error} /></div>`}
      <div class="wide row send"><button class=${cx('btn', danger ? 'danger fill' : 'primary')} disabled=${busy || disabled}>${button}</button>${extra}</div>
    </form>`;
}
