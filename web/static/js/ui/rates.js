/** The charts that several pages share: queued messages, message rates, octets. */
import { html } from '../core/dom.js';
import { rate, short, byteRate } from '../core/format.js';
import { Chart } from './chart.js';

// Key, label, colour of the chart palette. The first rows are drawn even while
// nothing moves; the others when something did in the time that is shown.
const messageRates = [
  ['publish', 'Publish', 1, true], ['publish_in', 'Publish (in)', 1, true], ['publish_out', 'Publish (out)', 2, true], ['confirm', 'Publisher confirm', 2],
  ['deliver', 'Deliver (manual ack)', 3], ['deliver_no_ack', 'Deliver (auto ack)', 5], ['ack', 'Consumer ack', 4],
  ['redeliver', 'Redelivered', 10], ['get', 'Get (manual ack)', 8], ['get_no_ack', 'Get (auto ack)', 6], ['get_empty', 'Get (empty)', 6],
  ['return_unroutable', 'Unroutable (return)', 7], ['drop_unroutable', 'Unroutable (drop)', 7],
  ['disk_reads', 'Disk read', 8], ['disk_writes', 'Disk write', 9],
];

const lengths = [['messages_ready', 'Ready', 1], ['messages_unacknowledged', 'Unacked', 2], ['messages', 'Total', 6]];

// moves tells whether a count changed in the time that is shown.
const moves = (d) => d?.rate > 0 || d?.samples?.some((x) => x.sample !== d.samples[0].sample);

/**
 * The curve of a count's change per second, for a chart.
 * @param {object|undefined} stats @param {string} key of the count @param {string} label @param {number} [colour]
 */
export const speed = (stats, key, label, colour) => ({ label, colour, details: stats?.[`${key}_details`], now: stats?.[`${key}_details`]?.rate, rates: true });

/** @param {{object: object, id: string}} props object has messages_ready and so on, with their _details */
export function QueuedChart({ object, id }) {
  const t = object || {};
  const series = lengths.map(([k, label, colour]) => ({ label, colour, details: t[`${k}_details`], now: t[k] }));
  return html`<${Chart} id=${`${id}.queued`} title="Queued messages" series=${series} format=${short} empty="No queue has been used yet" />`;
}

/** @param {{stats: object, id: string}} props */
export function RatesChart({ stats, id }) {
  const s = stats || {};
  const series = messageRates
    .filter(([k, , , always]) => s[k] !== undefined && (always || moves(s[`${k}_details`])))
    .map(([k, label, colour]) => speed(s, k, label, colour));
  return html`<${Chart} id=${`${id}.rates`} title="Message rates" series=${series} format=${rate} empty="No message has passed yet" />`;
}

/** @param {{object: object, id: string}} props */
export function DataChart({ object, id }) {
  const series = [speed(object, 'recv_oct', 'From client'), speed(object, 'send_oct', 'To client')];
  return html`<${Chart} id=${`${id}.data`} title="Data rates" series=${series} format=${byteRate} />`;
}
