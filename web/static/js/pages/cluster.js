/** The cluster: its name and its nodes. */
import { html, useEffect } from '../core/dom.js';
import { put } from '../core/api.js';
import { may } from '../core/session.js';
import { usePoll, refresh } from '../core/poll.js';
import { href } from '../core/router.js';
import { bytes, duration } from '../core/format.js';
import { Page, Card, Loaded, State, Facts } from '../ui/parts.js';
import { Form, Field, useForm } from '../ui/forms.js';
import { say } from '../ui/dialog.js';

/** The page. */
export function Cluster() {
  const name = usePoll('/cluster-name');
  const nodes = usePoll(may.monitor() ? '/nodes' : null);
  return html`
    <${Page} title="Cluster" lead=${name.data?.name}>
      ${may.monitor() && html`<${Loaded} poll=${nodes}>${(list) => html`<div class="grid three">${list.map((n) => html`
        <${Card} key=${n.name} title=${n.name} actions=${html`<${State} state=${n.running === false ? 'down' : 'running'} />`}>
          <${Facts} rows items=${[
    ['Memory', n.mem_used !== undefined && `${bytes(n.mem_used)} of ${bytes(n.mem_limit)}`],
    ['Disk free', bytes(n.disk_free)],
    ['Up for', n.uptime && duration(n.uptime)],
  ]} />
          <p><a href=${href(['nodes', n.name])}>Details of this node</a></p>
        <//>`)}</div>`}<//>`}
      ${may.administer() && name.data && html`<${Rename} current=${name.data.name} />`}
    <//>`;
}

function Rename({ current }) {
  const [f, on] = useForm({ name: current });
  useEffect(() => on('name')(current), [current]);
  const send = async () => {
    await put('/cluster-name', { name: f.name });
    say(`The cluster is called “${f.name}” now`);
    refresh();
  };
  return html`
    <${Card} title="Change name" lead="Clients and tools show this name; nothing else depends on it.">
      <${Form} send=${send} button="Change name" label="Change name" disabled=${f.name === current || f.name === ''}>
        <${Field} label="Name" value=${f.name} set=${on('name')} required />
      <//>
    <//>`;
}
