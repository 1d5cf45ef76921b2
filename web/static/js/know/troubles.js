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

const missing = (all, there) => (all || []).filter((n) => !(there || []).includes(n));
const scale = (n) => Math.min(9, Math.log10(n + 1)); // of equal troubles, the larger is the more urgent
const speed = (q, key) => rateOf(q.message_stats, key) ?? 0;
const setting = (q, key) => q.effective_policy_definition?.[key] ?? q.arguments?.[`x-${key}`];

// Each rule looks at one queue as the API shows it, and says what is wrong, or nothing.
const rules = [
  (q) => ['down', 'crashed', 'stopped', 'minority'].includes(q.state) && {
    id: 'down', tone: 'bad', weight: 100, title: `The queue is ${q.state}`,
    next: 'No client can use it. Look at its node: it is stopped, or cut off from the others. The queue is back when the node is.',
  },
  (q) => {
    const behind = missing(q.slave_nodes, q.synchronised_slave_nodes);
    return behind.length > 0 && {
      id: 'sync', tone: 'warn', weight: 70, title: `Not in sync: ${behind.join(', ')}`,
      next: 'If the leader fails now, that copy lacks messages. Synchronise it, or let the policy do so with ha-sync-mode automatic.',
    };
  },
  (q) => {
    const away = missing(q.members, q.online);
    return away.length > 0 && {
      id: 'members', tone: 'warn', weight: 75, title: `Members away: ${away.join(', ')}`,
      next: 'The queue works as long as a majority is there. Start the nodes that are away.',
    };
  },
  (q) => {
    const most = limit(q, 'max-length');
    const drops = (setting(q, 'overflow') || 'drop-head') === 'drop-head';
    return most > 0 && q.messages_ready >= most && {
      id: 'full', tone: 'bad', weight: 80, title: `It is full: ${count(q.messages_ready)} of ${count(most)} messages`,
      next: `${drops ? 'Each new message pushes out the oldest.' : 'New messages are refused.'} Add consumers, or raise max-length by a policy.`,
    };
  },
  (q) => {
    const most = limit(q, 'max-length-bytes');
    return most > 0 && q.message_bytes_ready >= most * 0.98 && {
      id: 'full-bytes', tone: 'bad', weight: 80, title: 'It is full: its messages reach the limit in bytes',
      next: 'Add consumers, or raise max-length-bytes by a policy.',
    };
  },
  (q) => q.messages_ready > 0 && q.consumers === 0 && {
    id: 'nobody', tone: 'warn', weight: 60 + scale(q.messages_ready), title: `${plural(q.messages_ready, 'message')} and nobody to take them`,
    next: 'Start a consumer for this queue. If it is one for dead letters, look at them on the page Messages and send them back.',
  },
  (q) => {
    const growth = q.messages_ready_details?.rate ?? 0;
    return growth > 0.5 && q.consumers > 0 && q.messages_ready > 100 && {
      id: 'growing', tone: 'warn', weight: 50 + scale(growth), title: `The backlog grows by ${rate(growth)}`,
      next: `Consumers take ${rate(speed(q, 'deliver_get'))} of ${rate(speed(q, 'publish'))}. Add consumers, raise their prefetch, or make them quicker.`,
    };
  },
  (q) => {
    const still = speed(q, 'ack') === 0 && speed(q, 'deliver_get') === 0;
    return still && q.consumers > 0 && q.messages_unacknowledged > 0 && q.messages_ready > 0 && {
      id: 'stuck', tone: 'warn', weight: 65, title: `${plural(q.messages_unacknowledged, 'message')} unacknowledged, and nothing moves`,
      next: 'The consumers hold messages and acknowledge none. Look at what they do; closing their connection gives the messages back.',
    };
  },
  (q) => {
    const ttl = limit(q, 'message-ttl');
    const kept = setting(q, 'dead-letter-exchange') !== undefined;
    return ttl > 0 && q.messages_ready > 0 && q.consumers === 0 && {
      id: 'expiring', tone: 'info', weight: 40, title: `Messages expire ${span(ttl)} after they arrived`,
      next: kept ? 'They are dead-lettered then.' : 'They are lost then, because no dead letter exchange is set.',
    };
  },
];

/** What the troubles of one kind are called, by their ids. */
export const kinds = {
  down: 'Queues that cannot be used', sync: 'Copies out of step', members: 'Members away', full: 'Full queues',
  'full-bytes': 'Queues full by bytes', nobody: 'Messages without consumers', growing: 'Growing backlogs',
  stuck: 'Consumers that acknowledge nothing', expiring: 'Messages that will expire unseen',
};

/**
 * @param {object} queue
 * @returns {Trouble[]}
 */
export const troubles = (queue) => rules.map((rule) => rule(queue)).filter(Boolean).sort((a, b) => b.weight - a.weight);

/** Columns of the list of queues that the rules need. */
export const columnsNeeded = [
  'name', 'vhost', 'type', 'state', 'node', 'leader', 'members', 'online', 'slave_nodes', 'synchronised_slave_nodes', 'consumers',
  'messages', 'messages_ready', 'messages_unacknowledged', 'messages_ready_details.rate', 'message_bytes_ready', 'arguments',
  'effective_policy_definition', ...['publish', 'deliver_get', 'ack'].map((key) => `message_stats.${key}_details.rate`),
].join();
