/** All exchanges, and how to add one. */
import { html, useState } from '../core/dom.js';
import { at, put } from '../core/api.js';
import { may } from '../core/session.js';
import { refresh } from '../core/poll.js';
import { exchangeHref, go } from '../core/router.js';
import { rate, rateOf, exchangeLabel } from '../core/format.js';
import { argumentsFor, delayedType } from '../know/keys.js';
import { Page, Empty } from '../ui/parts.js';
import { Icon } from '../ui/icons.js';
import { ServerList } from '../ui/list.js';
import { Features, PolicyBadges } from '../ui/features.js';
import { Form, Field, Select, useForm } from '../ui/forms.js';
import { ArgumentsEditor, toObject } from '../ui/arguments.js';
import { Dialog, ask, say } from '../ui/dialog.js';
import { usePlace } from '../ui/shell.js';
import { useVhosts, useTypes, useKeyTable } from '../ui/choices.js';

const link = (x) => html`<a class="strong clip" href=${exchangeHref(x.vhost, x.name)}>${exchangeLabel(x.name)}</a>`;
const speed = (id, key, label) => ({
  id, label, on: true, num: true, sort: `message_stats.${key}_details.rate`, cell: (x) => rate(rateOf(x.message_stats, key)),
});

const columns = (several) => [
  { id: 'name', label: 'Name', fixed: true, sort: 'name', cell: link },
  { id: 'vhost', label: 'Virtual host', on: several, sort: 'vhost', cell: (x) => html`<span class="clip">${x.vhost}</span>` },
  { id: 'type', label: 'Type', on: true, sort: 'type', cell: (x) => x.type },
  { id: 'features', label: 'Features', on: true, cell: (x) => html`<${Features} object=${x} />` },
  { id: 'plain', label: 'Features without policy', cell: (x) => html`<${Features} object=${x} policy=${false} />` },
  { id: 'policy', label: 'Policy', sort: 'policy', cell: (x) => html`<span class="badges"><${PolicyBadges} object=${x} /></span>` },
  speed('in', 'publish_in', 'Rate in'), speed('out', 'publish_out', 'Rate out'),
];

const none = html`
  <${Empty} icon="exchanges" title="No exchanges here">
    An exchange takes what is published and decides, by its bindings, which queues get it.
  <//>`;

/** The page. */
export function Exchanges() {
  const { vhost, several } = usePlace();
  const add = () => ask(AddExchange, { vhost });
  return html`
    <${Page} title="Exchanges" lead="Where messages are published. Each decides by its bindings which queues get them."
      actions=${may.operate() && html`<button type="button" class="btn primary" onClick=${add}><${Icon} name="plus" />Add an exchange</button>`}>
      <${ServerList} id="exchanges" noun="exchanges" path=${vhost ? at('exchanges', vhost) : '/exchanges'}
        columns=${columns(several)} keyOf=${(x) => `${x.vhost} ${x.name}`} empty=${none} />
    <//>`;
}

const typeWords = {
  direct: 'to queues bound with the same routing key',
  fanout: 'to every bound queue',
  topic: 'by patterns: * is one word, # is any number',
  headers: 'by header fields',
  'x-consistent-hash': 'spread evenly, the same key to the same queue',
  'x-delayed-message': 'after a delay given in the message',
  'x-random': 'to one bound queue by chance',
  'x-modulus-hash': 'to one bound queue by a hash of the key',
  'x-recent-history': 'to every queue, and the last messages to new ones',
  'x-jms-topic': 'by JMS selectors',
};

// AddExchange is drawn outside of the shell, so it asks for what it needs.
function AddExchange({ vhost, done }) {
  const [f, on] = useForm({ vhost: vhost || '', name: '', type: 'direct', durable: 'true', auto_delete: 'false', internal: 'false' });
  const [rows, setRows] = useState([]);
  const vhosts = useVhosts((list) => { if (!f.vhost) on('vhost')(list.includes('/') ? '/' : list[0]); });
  const types = useTypes();
  const table = useKeyTable();
  const offers = [...argumentsFor(table, 'exchange'), ...(f.type === 'x-delayed-message' ? [delayedType] : [])];
  const send = async () => {
    const flag = (key) => f[key] === 'true';
    const body = { type: f.type, durable: flag('durable'), auto_delete: flag('auto_delete'), internal: flag('internal'), arguments: toObject(rows) };
    await put(at('exchanges', f.vhost, f.name), body);
    done(true);
    say(`The exchange “${f.name}” is there`);
    refresh();
    go(exchangeHref(f.vhost, f.name));
  };
  return html`
    <${Dialog} title="Add an exchange" wide done=${done}>
      <${Form} send=${send} button="Add exchange" disabled=${!f.vhost}>
        <${Select} label="Virtual host" value=${f.vhost} set=${on('vhost')} options=${vhosts} />
        <${Field} label="Name" value=${f.name} set=${on('name')} required autofocus />
        <${Select} label="Type" value=${f.type} set=${on('type')} options=${types} hint=${typeWords[f.type] && `Routes ${typeWords[f.type]}.`} />
        <${Select} label="Durability" value=${f.durable} set=${on('durable')} options=${[['true', 'Durable: survives a restart'], ['false', 'Transient']]} />
        <${Select} label="Auto delete" value=${f.auto_delete} set=${on('auto_delete')} options=${[['false', 'No'], ['true', 'Yes: with its last binding']]} />
        <${Select} label="Internal" value=${f.internal} set=${on('internal')} options=${[['false', 'No'], ['true', 'Yes: only exchanges publish to it']]} />
        <${ArgumentsEditor} label="Arguments" rows=${rows} set=${setRows} offers=${offers} />
      <//>
    <//>`;
}
