/** A form that publishes one message. */
import { html, useState } from '../core/dom.js';
import { at, post, exchangeName } from '../core/api.js';
import { refresh } from '../core/poll.js';
import { Form, Field, Select, useForm } from './forms.js';
import { ArgumentsEditor, toObject } from './arguments.js';
import { Note } from './parts.js';

const names = ['content_type', 'content_encoding', 'correlation_id', 'reply_to', 'expiration', 'message_id', 'type', 'user_id', 'app_id'];
const texts = names.map((name) => ({ name, label: name.replaceAll('_', ' '), type: 'text', doc: '' }));
const numbers = ['priority', 'timestamp'].map((name) => ({ name, label: name, type: 'number', doc: '' }));

const Result = ({ routed }) => (routed
  ? html`<${Note} tone="ok" title="Message published">At least one queue has it.<//>`
  : html`
    <${Note} tone="warn" title="Message published, but not routed">
      No binding matches this routing key, so no queue has it. The page Topology shows where a key leads.
    <//>`);

/**
 * @param {{vhost: string, exchange: string, queue?: string}} props with a queue, the message goes to it by the default exchange
 */
export function Publish({ vhost, exchange, queue }) {
  const [f, on] = useForm({ key: queue || '', mode: '2', payload: '', encoding: 'string' });
  const [headers, setHeaders] = useState([]);
  const [properties, setProperties] = useState([]);
  const [result, setResult] = useState(null);
  const send = async () => {
    setResult(null);
    const props = { ...toObject(properties), delivery_mode: Number(f.mode) };
    if (headers.length > 0) props.headers = toObject(headers);
    const path = at('exchanges', vhost, exchangeName(exchange), 'publish');
    const answer = await post(path, { properties: props, routing_key: f.key, payload: f.payload, payload_encoding: f.encoding });
    setResult(answer.routed);
    refresh();
  };
  return html`
    <${Form} send=${send} button="Publish message" label="Publish message">
      ${queue === undefined && html`<${Field} label="Routing key" value=${f.key} set=${on('key')} />`}
      <${Select} label="Delivery mode" value=${f.mode} set=${on('mode')} options=${[['2', '2 – persistent'], ['1', '1 – not persistent']]} />
      <${Select} label="Payload encoding" value=${f.encoding} set=${on('encoding')} options=${[['string', 'Text'], ['base64', 'Base64']]} />
      <${ArgumentsEditor} label="Headers" rows=${headers} set=${setHeaders} />
      <${ArgumentsEditor} label="Properties" rows=${properties} set=${setProperties} offers=${[...texts, ...numbers]} />
      <${Field} label="Payload" type="textarea" value=${f.payload} set=${on('payload')} wide />
      ${result !== null && html`<div class="wide"><${Result} routed=${result} /></div>`}
    <//>`;
}
