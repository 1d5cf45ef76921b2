/** The form that declares a queue. */
import { html, useState } from '../core/dom.js';
import { at, put } from '../core/api.js';
import { refresh } from '../core/poll.js';
import { go, queueHref } from '../core/router.js';
import { argumentsFor } from '../know/keys.js';
import { Form, Field, Select, Radios, useForm } from '../ui/forms.js';
import { ArgumentsEditor, toObject } from '../ui/arguments.js';
import { Dialog, say } from '../ui/dialog.js';
import { useVhosts, useNodes, useKeyTable } from '../ui/choices.js';

const kinds = [
  ['classic', 'Classic', 'For most work. Mirrored if a policy says so.'],
  ['quorum', 'Quorum', 'Durable, copied to several nodes, counts deliveries.'],
  ['stream', 'Stream', 'A log that consumers read and that is not emptied by it.'],
];
const durabilities = [['true', 'Durable: survives a restart'], ['false', 'Transient']];
const deletions = [['false', 'No'], ['true', 'Yes: with its last consumer']];

/** @param {{vhost: string, done: Function}} props */
export function AddQueue({ vhost, done }) {
  const [f, on] = useForm({ vhost: vhost || '', name: '', kind: 'classic', durable: 'true', auto_delete: 'false', node: '' });
  const [rows, setRows] = useState([]);
  const vhosts = useVhosts((list) => { if (!f.vhost) on('vhost')(list.includes('/') ? '/' : list[0]); });
  const nodes = useNodes();
  const table = useKeyTable();
  const classic = f.kind === 'classic';
  const send = async () => {
    const body = { durable: !classic || f.durable === 'true', auto_delete: classic && f.auto_delete === 'true', arguments: toObject(rows) };
    if (!classic) body.arguments['x-queue-type'] = f.kind;
    if (f.node) body.node = f.node;
    await put(at('queues', f.vhost, f.name), body);
    done(true);
    say(`The queue “${f.name}” is there`);
    refresh();
    go(queueHref(f.vhost, f.name));
  };
  return html`
    <${Dialog} title="Add a queue" wide done=${done}>
      <${Form} send=${send} button="Add queue" disabled=${!f.vhost}>
        <${Select} label="Virtual host" value=${f.vhost} set=${on('vhost')} options=${vhosts} />
        <${Field} label="Name" value=${f.name} set=${on('name')} required autofocus />
        <${Radios} label="Type" value=${f.kind} set=${on('kind')} options=${kinds} cards />
        ${classic && html`
          <${Select} label="Durability" value=${f.durable} set=${on('durable')} options=${durabilities} />
          <${Select} label="Auto delete" value=${f.auto_delete} set=${on('auto_delete')} options=${deletions} />`}
        ${nodes.length > 1 && html`<${Select} label="Node" value=${f.node} set=${on('node')} options=${[['', 'Chosen by the cluster'], ...nodes]} />`}
        <${ArgumentsEditor} label="Arguments" rows=${rows} set=${setRows} offers=${argumentsFor(table, f.kind)} />
      <//>
    <//>`;
}
