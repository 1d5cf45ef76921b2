/** Definitions as a file: down and up. */
import { html, useState, useRef } from '../core/dom.js';
import { request, post } from '../core/api.js';
import { refresh } from '../core/poll.js';
import { plural } from '../core/format.js';
import { Page, Card, Note } from '../ui/parts.js';
import { Form, Field, Select, useForm } from '../ui/forms.js';
import { confirm, say } from '../ui/dialog.js';
import { useVhosts } from '../ui/choices.js';
import { usePlace } from '../ui/shell.js';

const lead = 'Users, virtual hosts, permissions, policies, exchanges, queues and bindings as one JSON file, in RabbitMQ’s format. '
  + 'Messages are not in it.';

/** The page. */
export function Definitions() {
  const vhosts = useVhosts();
  const options = [['', 'All'], ...vhosts];
  return html`
    <${Page} title="Definitions" lead=${lead}>
      <div class="grid two"><${Download} options=${options} /><${Upload} options=${options} /></div>
    <//>`;
}

const where = (vhost) => (vhost === '' ? '/definitions' : `/definitions/${encodeURIComponent(vhost)}`);

// nameOf suggests a name for a file of today.
function nameOf(overview) {
  const node = (overview.node || overview.cluster_name || 'node').replace(/[^\w.-]/g, '_');
  return `${(overview.product_name || 'amqpd').toLowerCase()}_${node}_${new Date().toISOString().slice(0, 10)}.json`;
}

function Download({ options }) {
  const { overview } = usePlace();
  const [f, on] = useForm({ name: '', vhost: '' });
  const suggestion = nameOf(overview);
  const send = async () => {
    const text = await request('GET', where(f.vhost), { text: true });
    const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
    const link = Object.assign(document.createElement('a'), { href: url, download: f.name || suggestion });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
    say('The definitions are downloaded');
  };
  return html`
    <${Card} title="Export" lead="Password hashes are in the file: keep it where only you can read it.">
      <${Form} send=${send} button="Download broker definitions" label="Export definitions">
        <${Field} label="File name" value=${f.name} set=${on('name')} placeholder=${suggestion} />
        <${Select} label="Virtual host" value=${f.vhost} set=${on('vhost')} options=${options} />
      <//>
    <//>`;
}

const parts = [
  ['users', 'user'], ['vhosts', 'virtual host'], ['permissions', 'permission'], ['policies', 'policy', 'policies'],
  ['parameters', 'parameter'], ['queues', 'queue'], ['exchanges', 'exchange'], ['bindings', 'binding'],
];

function Upload({ options }) {
  const [f, on] = useForm({ vhost: '' });
  const [file, setFile] = useState(null);
  const input = useRef(null);
  const choose = async (e) => {
    const [chosen] = e.target.files;
    if (!chosen) { setFile(null); return; }
    try {
      setFile({ name: chosen.name, content: JSON.parse(await chosen.text()) });
    } catch (err) {
      setFile({ name: chosen.name, fault: String(err.message) });
    }
  };
  const found = file?.content ? parts.filter(([k]) => file.content[k]?.length).map(([k, one, many]) => plural(file.content[k].length, one, many)) : [];
  const send = () => confirm({
    title: `Load “${file.name}”?`, action: 'Upload broker definitions',
    text: `It holds ${found.join(', ') || 'nothing that is known'}. Nothing is removed: what is missing is added.`,
    lost: file.content.users?.length ? ['users of the same name get the password and the tags of the file'] : [],
    run: () => post(where(f.vhost), file.content), said: 'The definitions are loaded',
    next: () => {
      setFile(null);
      input.current.value = '';
      refresh();
    },
  });
  return html`
    <${Card} title="Import" lead="A file of this broker or of RabbitMQ. What exists already stays as it is.">
      <${Form} send=${send} button="Upload broker definitions" label="Import definitions" disabled=${!file?.content}>
        <div class="field">
          <label for="definitions-file">File</label>
          <input id="definitions-file" ref=${input} type="file" accept=".json,application/json" onChange=${choose} />
        </div>
        <${Select} label="Virtual host" value=${f.vhost} set=${on('vhost')} options=${options} />
        ${file?.fault && html`<div class="wide"><${Note} tone="bad" title="This file is not JSON">${file.fault}<//></div>`}
        ${found.length > 0 && html`<div class="wide"><${Note} title="In this file">${found.join(', ')}.<//></div>`}
      <//>
    <//>`;
}
