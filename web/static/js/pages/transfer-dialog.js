/** Moving, copying and redriving messages: what, where to, how fast. The node does it, and goes on when the page is closed. */
import { html, useState } from '../core/dom.js';
import { at, post } from '../core/api.js';
import { refresh } from '../core/poll.js';
import { inWords } from '../know/search.js';
import { Dialog, say } from '../ui/dialog.js';
import { Form, Field, Select, Radios, useForm } from '../ui/forms.js';
import { Note } from '../ui/parts.js';
import { useNames } from '../ui/choices.js';

const actions = [
  ['redrive', 'Redrive', 'Back to where they died'],
  ['move', 'Move', 'Out of here, elsewhere'],
  ['copy', 'Copy', 'They stay, and go elsewhere too'],
];
const returns = [
  ['exchange', 'The first exchange', 'Published again as at first: every queue bound there gets it'],
  ['queue', 'The first queue', 'Only the queue in which it died gets it'],
];
const all = ['all', 'All messages of the queue'];
const promise = {
  copy: 'Nothing leaves the queue.',
  move: 'Each message leaves the queue only after its destination has it on disk: a crash may double a message and loses none.',
};
const begins = { redrive: 'Begin redrive', move: 'Begin move', copy: 'Begin copy' };

// body is the form as the API takes it.
function body(f, filter) {
  const b = { action: f.action };
  if (f.action === 'redrive') b.redrive_to = f.redriveTo;
  else b.destination = f.kind === 'queue' ? { queue: f.to } : { exchange: f.to, ...(f.key !== '' && { routing_key: f.key }) };
  if (f.which === 'found') b.filter = { ...filter, ...(filter.header && { header: [filter.header] }) };
  if (Number(f.rate) > 0) b.rate = Number(f.rate);
  if (Number(f.limit) > 0) b.limit = Number(f.limit);
  return b;
}

/** @param {{vhost: string, queue: string, action: string, filter: Record<string,string>, done: Function}} props filter is the search on the page */
export function TransferDialog({ vhost, queue, action, filter, done }) {
  const words = inWords(filter);
  const [f, on] = useForm({ action, which: words ? 'found' : 'all', kind: 'queue', to: '', key: '', redriveTo: 'exchange', rate: '', limit: '' });
  const [more, setMore] = useState(false);
  const names = useNames(f.kind === 'queue' ? 'queues' : 'exchanges', vhost);
  const cancel = html`<button type="button" class="btn" onClick=${() => done(false)}>Cancel</button>`;
  const send = async () => {
    await post(at('queues', vhost, queue, 'transfers'), body(f, filter));
    done(true);
    say('It has begun', 'The page shows how far it is.');
    refresh();
  };
  return html`
    <${Dialog} title=${`Messages of “${queue}”`} wide done=${done}>
      <${Form} send=${send} button=${begins[f.action]} label="Transfer" extra=${cancel}>
        <${Radios} label="What to do" value=${f.action} set=${on('action')} options=${actions} cards />
        ${f.action === 'redrive' ? html`<${Radios} label="Where to" value=${f.redriveTo} set=${on('redriveTo')} cards options=${returns} />` : html`
          <${Select} label="Where to" value=${f.kind} set=${on('kind')} options=${[['queue', 'A queue'], ['exchange', 'An exchange']]} />
          <${Field} label=${f.kind === 'queue' ? 'Destination queue' : 'Destination exchange'} value=${f.to} set=${on('to')} required
            list=${names.filter((n) => n !== queue)} />
          ${f.kind === 'exchange' && html`<${Field} label="Routing key" value=${f.key} set=${on('key')} placeholder="Their own" />`}`}
        ${words && html`
          <${Radios} label="Which messages" value=${f.which} set=${on('which')} options=${[['found', `Those ${words}`], all]} />`}
        ${more ? html`
          <${Field} label="At most" type="number" min="1" value=${f.limit} set=${on('limit')} placeholder="All" hint="messages" />
          <${Field} label="Not faster than" type="number" min="1" value=${f.rate} set=${on('rate')} placeholder="No bound" hint="messages a second" />`
    : html`<p class="wide"><button type="button" class="btn quiet small edge" onClick=${() => setMore(true)}>Bound number or speed</button></p>`}
        <div class="wide"><${Note}>${promise[f.action] || promise.move} One that cannot go stays where it is and is counted.<//></div>
      <//>
    <//>`;
}
