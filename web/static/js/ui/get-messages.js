/** Takes messages from a queue as a client would: they are given back or gone, as the acknowledgement says. */
import { html, useState } from '../core/dom.js';
import { at, post } from '../core/api.js';
import { refresh } from '../core/poll.js';
import { count } from '../core/format.js';
import { Form, Field, Select, useForm } from './forms.js';
import { Message } from './message.js';
import { Note } from './parts.js';

const modes = [
  ['ack_requeue_true', 'Give back (nack, requeue)'],
  ['ack_requeue_false', 'Take out (automatic ack)'],
  ['reject_requeue_true', 'Reject, requeue'],
  ['reject_requeue_false', 'Reject: take out, dead-letter if set'],
];
const gone = (mode) => mode === 'ack_requeue_false' || mode === 'reject_requeue_false';
const leaves = 'The messages leave the queue for good.';
const stays = 'The messages stay and are marked redelivered. “Browse messages” marks nothing.';

/** @param {{vhost: string, queue: string}} props */
export function GetMessages({ vhost, queue }) {
  const [f, on] = useForm({ mode: 'ack_requeue_true', encoding: 'auto', count: '1' });
  const [got, setGot] = useState(null);
  const send = async () => {
    setGot(await post(at('queues', vhost, queue, 'get'), { count: Number(f.count), ackmode: f.mode, encoding: f.encoding, truncate: 50000 }));
    refresh();
  };
  return html`
    <${Form} send=${send} button="Get messages" label="Get messages" danger=${gone(f.mode)}>
      <${Select} label="Ack mode" value=${f.mode} set=${on('mode')} options=${modes} hint=${gone(f.mode) ? leaves : stays} />
      <${Select} label="Encoding" value=${f.encoding} set=${on('encoding')} options=${[['auto', 'Text where it is text'], ['base64', 'Base64']]} />
      <${Field} label="Messages" type="number" min="1" value=${f.count} set=${on('count')} required />
    <//>
    <div aria-live="polite" class="stack">
      ${got && got.length === 0 && html`<${Note} title="Queue is empty">There was no message to take.<//>`}
      ${got?.length > 0 && html`<p class="muted">${count(got[got.length - 1].message_count)} messages were left behind these.</p>`}
      ${got?.map((m, i) => html`<${Message} key=${i} message=${m} number=${i + 1} />`)}
    </div>`;
}
