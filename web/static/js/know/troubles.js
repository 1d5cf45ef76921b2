/** What can be wrong with a queue, the worst first, each with the next step. */
import { count, plural, rate, rateOf, span } from '../core/format.js';

/**
 * @typedef {object} Trouble
 * @property {string} id
 * @property {'bad'|'warn'|'info'} tone
 * @property {number} weight the higher, the more urgent
 * @property {string} title
 * @property {string} next what to do
 */

const limit = (q, key) => {
  const values = [q.arguments?.[`x-${key}`], q.effective_policy_definition?.[key]].filter((v) => typeof v === 'number');
  return values.length ? Math.min(...values) : undefined;
};

// Each rule looks at one queue as the API shows it, and says what is wrong, or nothing.
const rules = [
  (q) => ['down', 'crashed', 'stopped', 'minority'].includes(q.state) && {
    id: 'down', tone: 'bad', weight: 100, title: `The queue is ${q.state}`, next: 'No client can use it. Look at its node: it is stopped, or cut off from the others. The queue is back when the node is.',
  },
  (q) => {
    const behind = (q.slave_nodes || []).filter((n) => !(q.synchronised_slave_nodes || []).includes(n));
    return behind.length > 0 && { id: 'sync', tone: 'warn', weight: 70, title: `Not in sync: ${behind.join(', ')}`, next: 'If the leader fails now, that copy lacks messages. Synchronise it, or let the policy do so with ha-sync-mode automatic.' };
  },
  (q) => {
    const away = (q.members || []).filter((n) => !(q.online || []).includes(n));
    return away.length > 0 && { id: 'members', tone: 'warn', weight: 75, title: `Members away: ${away.join(', ')}`, next: 'The queue works as long as a majority is there. Start the nodes that are away.' };
  },
  (q) => {
    const most = limit(q, 'max-length');
    const full = most !== undefined && q.messages_ready >= most && most > 0;
    const overflow = q.effective_policy_definition?.overflow || q.arguments?.['x-overflow'] || 'drop-head';
    return full && { id: 'full', tone: 'bad', weight: 80, title: `It is full: ${count(q.messages_ready)} of ${count(most)} messages`, next: overflow === 'drop-head' ? 'Each new message pushes out the oldest. Add consumers, or raise max-length by a policy.' : 'New messages are refused. Add consumers, or raise max-length by a policy.' };
  },
  (q) => {
    const most = limit(q, 'max-length-bytes');
    return most > 0 && q.message_bytes_ready >= most * 0.98 && { id: 'full-bytes', tone: 'bad', weight: 80, title: 'It is full: its messages reach the limit in bytes', next: 'Add consumers, or raise max-length-bytes by a policy.' };
  },
  (q) => q.messages_ready > 0 && q.consumers === 0 && { id: 'nobody', tone: 'warn', weight: 60 + Math.min(9, Math.log10(q.messages_ready + 1)), title: `${plural(q.messages_ready, 'message')} and nobody to take them`, next: 'Start a consumer for this queue. If it is one for dead letters, look at them on the page Messages and send them back.' },
  (q) => {
    const growth = q.messages_ready_details?.rate ?? 0;
    return growth > 0.5 && q.consumers > 0 && q.messages_ready > 100 && { id: 'growing', tone: 'warn', weight: 50 + Math.min(9, Math.log10(growth + 1)), title: `The backlog grows by ${rate(growth)}`, next: `Consumers take ${rate(rateOf(q.message_stats, 'deliver_get') ?? 0)} of ${rate(rateOf(q.message_stats, 'publish') ?? 0)}. Add consumers, raise their prefetch, or make them quicker.` };
  },
  (q) => {
    const stuck = q.messages_unacknowledged > 0 && (rateOf(q.message_stats, 'ack') ?? 0) === 0 && q.messages_ready > 0 && (rateOf(q.message_stats, 'deliver_get') ?? 0) === 0;
    return stuck && q.consumers > 0 && { id: 'stuck', tone: 'warn', weight: 65, title: `${plural(q.messages_unacknowledged, 'message')} unacknowledged, and nothing moves`, next: 'The consumers hold messages and acknowledge none. Look at what they do; closing their connection gives the messages back.' };
  },
  (q) => {
    const ttl = limit(q, 'message-ttl');
    return ttl !== undefined && ttl > 0 && q.messages_ready > 0 && q.consumers === 0 && { id: 'expiring', tone: 'info', weight: 40, title: `Messages expire ${span(ttl)} after they arrived`, next: q.arguments?.['x-dead-letter-exchange'] !== undefined || q.effective_policy_definition?.['dead-letter-exchange'] !== undefined ? 'They are dead-lettered then.' : 'They are lost then, because no dead letter exchange is set.' };
  },
];

/** What the troubles of one kind are called, by their ids. */
export const kinds = {
  down: 'Queues that cannot be used', sync: 'Copies out of step', members: 'Members away', full: 'Full queues', 'full-bytes': 'Queues full by bytes', nobody: 'Messages without consumers',
  growing: 'Growing backlogs', stuck: 'Consumers that acknowledge nothing', expiring: 'Messages that will expire unseen',
};

/**
 * @param {object} queue
 * @returns {Trouble[]}
 */
export const troubles = (queue) => rules.map((rule) => rule(queue)).filter(Boolean).sort((a, b) => b.weight - a.weight);

/** Columns of the list of queues that the rules need. */
export const columnsNeeded = 'name,vhost,type,state,node,leader,members,online,slave_nodes,synchronised_slave_nodes,consumers,messages,messages_ready,messages_unacknowledged,messages_ready_details.rate,message_bytes_ready,arguments,effective_policy_definition,message_stats.publish_details.rate,message_stats.deliver_get_details.rate,message_stats.ack_details.rate';
