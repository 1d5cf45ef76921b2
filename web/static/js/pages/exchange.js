/** One exchange: its rates, bindings, publishing, deletion. */
import { html } from '../core/dom.js';
import { at, query } from '../core/api.js';
import { del } from '../core/deletion.js';
import { may } from '../core/session.js';
import { usePoll } from '../core/poll.js';
import { go, href } from '../core/router.js';
import { exchangeLabel, plural } from '../core/format.js';
import { Page, Card, Facts, Fold, Loaded, Note, Badge, Loading } from '../ui/parts.js';
import { Icon } from '../ui/icons.js';
import { useRange, RangePick } from '../ui/chart.js';
import { RatesChart } from '../ui/rates.js';
import { Features, Explained, PolicyBadges } from '../ui/features.js';
import { Bindings, BindExchange } from '../ui/bindings.js';
import { Breakdown } from '../ui/breakdown.js';
import { Publish } from '../ui/publish.js';
import { confirm } from '../ui/dialog.js';

/** @param {{vhost: string, name: string}} props name is amq.default for the one without a name */
export function ExchangePage({ vhost, name }) {
  const range = useRange('exchange');
  const path = at('exchanges', vhost, name);
  const poll = usePoll(path + query(range.params('msg_rates')));
  const isDefault = name === 'amq.default';
  const from = usePoll(isDefault ? null : `${path}/bindings/source`);
  const to = usePoll(isDefault ? null : `${path}/bindings/destination`);
  const x = poll.data;
  const title = isDefault ? exchangeLabel('') : name;
  const remove = () => confirm({
    title: `Delete the exchange “${title}”?`, action: 'Delete exchange',
    lost: [
      `the exchange in the virtual host “${vhost}”`, plural((from.data?.length || 0) + (to.data?.length || 0), 'binding'),
      'publishers that use it get an error and their channel is closed',
    ],
    run: () => del(path), said: `The exchange “${title}” is deleted`, next: () => go(href(['exchanges'])),
  });
  return html`
    <${Page} title=${title} crumbs=${[['Exchanges', '#/exchanges'], [vhost, href(['exchanges'])]]}
      tags=${x && html`<${Badge}>${x.type}<//><${Features} object=${x} />`} actions=${html`
        <${RangePick} range=${range} />
        ${may.operate() && !/^amq\./.test(name) && html`
          <button type="button" class="btn danger" onClick=${remove}><${Icon} name="trash" />Delete exchange</button>`}`}>
      <${Loaded} poll=${poll}>${(exchange) => html`
        <div class="grid two"><${RatesChart} id="exchange" stats=${exchange.message_stats} /><${Details} exchange=${exchange} /></div>
        ${isDefault
    ? html`
        <${Note} title="Every queue is bound to this exchange by its name">
          Publish here with a queue’s name as the routing key, and the message goes to that queue. These bindings can be neither made nor removed.
        <//>`
    : html`<${BindingsOf} exchange=${exchange} from=${from} to=${to} />`}
        ${may.operate() && !exchange.internal && html`
          <${Fold} id="exchange.publish" title="Publish message" open=${false}><${Publish} vhost=${vhost} exchange=${exchange.name} /><//>`}
        <${Breakdown} id="exchange" parts=${[['Incoming', exchange.incoming], ['Outgoing', exchange.outgoing]]} />
      `}<//>
    <//>`;
}

const words = {
  direct: 'gives a message to the queues whose binding has the same routing key',
  fanout: 'gives each message to every bound queue',
  headers: 'compares header fields with the arguments of its bindings',
  topic: 'compares the words of the routing key with the patterns of its bindings: * is one word, # is any number of words',
  'x-consistent-hash': 'spreads messages over its bindings by a hash of the routing key',
};

function Details({ exchange: x }) {
  return html`
    <${Card} title="Details">
      ${words[x.type] && html`<p class="prose">A ${x.type} exchange ${words[x.type]}.</p>`}
      <${Facts} items=${[
    ['Type', x.type],
    ['Durable', x.durable ? 'yes: it survives a restart' : 'no'],
    ['Auto delete', x.auto_delete ? 'yes: it goes with its last binding' : 'no'],
    ['Internal', x.internal && 'yes: only other exchanges publish to it'],
    ['Policy', x.policy && html`<${PolicyBadges} object=${x} />`],
    ['Made by', x.user_who_performed_action],
  ]} />
      ${Object.keys(x.arguments || {}).length > 0 && html`<div><h3>Arguments</h3><${Explained} values=${x.arguments} /></div>`}
    <//>`;
}

function BindingsOf({ exchange: x, from, to }) {
  if (!from.data && !from.error) return html`<${Loading} what="Loading the bindings" />`;
  return html`
    ${to.data?.length > 0 && html`
      <${Fold} id="exchange.to" title="Bindings to this exchange" count=${to.data.length} flush><${Bindings} rows=${to.data} show="from" /><//>`}
    <${Fold} id="exchange.from" title="Bindings" count=${from.data?.length} flush side=${html`
      <a class="btn quiet small" href=${href(['topology'], { vhost: x.vhost, exchange: x.name })}><${Icon} name="topology" />As a picture</a>`}>
      <${Bindings} rows=${from.data || []} show="to" />
    <//>
    ${may.operate() && html`
      <${Fold} id="exchange.bind" title="Add binding from this exchange" open=${false}>
        <${BindExchange} vhost=${x.vhost} exchange=${x.name} type=${x.type} />
      <//>`}`;
}
