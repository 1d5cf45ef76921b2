/**
 * What the arguments of queues and exchanges and the keys of policies mean, in
 * words. One row says it for both: argument x-message-ttl, key message-ttl.
 */
import { span, bytes, count, plural } from '../core/format.js';

/**
 * @typedef {object} Words what people read about an argument or a key
 * @property {string} [arg] the argument's name
 * @property {string} [key] the policy key's name
 * @property {'ms'|'bytes'} [type] the unit of a number
 * @property {string} label
 * @property {(value: *) => string} say what a value does, as the end of a sentence
 * @property {string} [group] under which it is offered
 * @property {string} [badge] short form for lists
 */

/**
 * @typedef {object} Known what a key is, as the broker says it, with its words
 * @property {string} name under which it is offered: the argument's or the key's
 * @property {'number'|'ms'|'bytes'|'text'|'choice'|'boolean'|'list'} type
 * @property {string} label @property {string} [group] @property {string} doc
 * @property {string[]} [choices] @property {number} [minimum] @property {number} [maximum]
 */

const full = {
  'drop-head': 'the oldest messages make room',
  'reject-publish': 'new messages are refused and publishers are told',
  'reject-publish-dlx': 'new messages are refused and dead-lettered',
};
const locations = {
  'min-masters': 'new queues go to the node with the fewest',
  'client-local': 'new queues go to the node that the client is connected to',
  random: 'new queues go to any node',
};
const mirrored = { all: 'every node has a copy', exactly: 'a fixed number of nodes have a copy', nodes: 'chosen nodes have a copy' };

/** @type {Words[]} */
const keys = [
  {
    arg: 'x-max-in-memory-length', key: 'max-in-memory-length', label: 'Max in memory', group: 'Limits',
    say: (v) => `at most ${plural(v, 'message')} are kept in memory`,
  },
  {
    arg: 'x-max-in-memory-bytes', key: 'max-in-memory-bytes', type: 'bytes', label: 'Max bytes in memory', group: 'Limits',
    say: (v) => `at most ${bytes(v)} are kept in memory`,
  },
  {
    arg: 'x-message-ttl', key: 'message-ttl', type: 'ms', label: 'Message TTL', badge: 'TTL', group: 'Lifetime',
    say: (v) => `messages expire ${span(v)} after they arrived`,
  },
  {
    arg: 'x-expires', key: 'expires', type: 'ms', label: 'Queue expiry', badge: 'Exp', group: 'Lifetime',
    say: (v) => `the queue is deleted after ${span(v)} without use`,
  },
  {
    arg: 'x-max-length', key: 'max-length', label: 'Max length', badge: 'Lim', group: 'Limits',
    say: (v) => `at most ${plural(v, 'message')} wait`,
  },
  {
    arg: 'x-max-length-bytes', key: 'max-length-bytes', type: 'bytes', label: 'Max length in bytes', badge: 'Lim B', group: 'Limits',
    say: (v) => `at most ${bytes(v)} of message bodies wait`,
  },
  {
    arg: 'x-overflow', key: 'overflow', label: 'Overflow', badge: 'Ovfl', group: 'Limits',
    say: (v) => `when it is full, ${full[v] || v}`,
  },
  {
    arg: 'x-dead-letter-exchange', key: 'dead-letter-exchange', label: 'Dead letter exchange', badge: 'DLX', group: 'Dead letters',
    say: (v) => `dead messages go to ${v ? `the exchange “${v}”` : 'the default exchange'}`,
  },
  {
    arg: 'x-dead-letter-routing-key', key: 'dead-letter-routing-key', label: 'Dead letter routing key', badge: 'DLK', group: 'Dead letters',
    say: (v) => `dead messages get the routing key “${v}”`,
  },
  {
    arg: 'x-dead-letter-strategy', key: 'dead-letter-strategy', label: 'Dead letter strategy', group: 'Dead letters',
    say: (v) => (v === 'at-least-once' ? 'dead messages are kept until the target confirmed them' : 'dead messages are passed on once, without waiting'),
  },
  {
    arg: 'x-delivery-limit', key: 'delivery-limit', label: 'Delivery limit', badge: 'DlL', group: 'Dead letters',
    say: (v) => `a message that came back ${plural(v, 'time')} is dropped or dead-lettered`,
  },
  {
    arg: 'x-single-active-consumer', label: 'Single active consumer', badge: 'SAC', group: 'Consumers',
    say: (v) => (v ? 'one consumer at a time gets messages' : 'all consumers share the messages'),
  },
  {
    arg: 'x-max-priority', label: 'Maximum priority', badge: 'Pri', group: 'Consumers',
    say: (v) => `messages with a higher priority, up to ${count(v)}, overtake others`,
  },
  {
    key: 'ha-mode', label: 'Mirroring', badge: 'HA', group: 'Mirroring',
    say: (v) => mirrored[v] || v,
  },
  {
    key: 'ha-params', label: 'Copies or nodes', group: 'Mirroring',
    say: (v) => (Array.isArray(v) ? `copies are on ${v.join(', ')}` : `there are ${count(v)} copies in all`),
  },
  {
    key: 'ha-sync-mode', label: 'Synchronisation', group: 'Mirroring',
    say: (v) => (v === 'manual' ? 'a new copy starts empty until somebody synchronises it' : 'a new copy fetches what is there'),
  },
  {
    key: 'ha-promote-on-shutdown', label: 'Promote on shutdown', group: 'Mirroring',
    say: (v) => (v === 'always' ? 'after a clean stop, a copy that lacks messages may lead' : 'after a clean stop, only a complete copy leads'),
  },
  {
    key: 'ha-promote-on-failure', label: 'Promote on failure', group: 'Mirroring',
    say: (v) => (v === 'always' ? 'after a crash, a copy that lacks messages may lead: messages can be lost' : 'after a crash, only a complete copy leads'),
  },
  {
    key: 'ha-sync-batch-size', label: 'Sync batch size', group: 'Mirroring',
    say: (v) => `copies fetch ${plural(v, 'message')} at a time`,
  },
  {
    arg: 'x-ha-min-in-sync', key: 'ha-min-in-sync', label: 'Minimum in sync', group: 'Mirroring',
    say: (v) => `a message is confirmed when ${v === 'majority' ? 'a majority of the copies have it' : `${plural(Number(v), 'copy', 'copies')} have it`}`,
  },
  {
    arg: 'x-queue-mode', key: 'queue-mode', label: 'Queue mode', group: 'Storage',
    say: (v) => (v === 'lazy' ? 'messages go to disk early' : 'messages stay in memory while there is room'),
  },
  { arg: 'x-queue-version', key: 'queue-version', label: 'Queue version', group: 'Storage', say: (v) => `storage format ${v}` },
  {
    arg: 'x-queue-master-locator', key: 'queue-master-locator', label: 'Leader locator', badge: 'ML', group: 'Storage',
    say: (v) => locations[v] || v,
  },
  {
    arg: 'x-queue-leader-locator', key: 'queue-leader-locator', label: 'Leader locator (quorum)', group: 'Storage',
    say: (v) => (v === 'balanced' ? 'leaders are spread over the nodes' : 'the leader is on the node that the client is connected to'),
  },
  {
    arg: 'x-quorum-initial-group-size', label: 'Initial group size', group: 'Storage',
    say: (v) => `${count(v)} nodes have a copy at first`,
  },
  {
    arg: 'x-initial-cluster-size', key: 'initial-cluster-size', label: 'Initial cluster size', group: 'Storage',
    say: (v) => `${count(v)} nodes have a copy at first`,
  },
  { arg: 'x-max-age', key: 'max-age', label: 'Max age', group: 'Limits', say: (v) => `messages older than ${v} are removed` },
  {
    arg: 'x-stream-max-segment-size-bytes', key: 'stream-max-segment-size-bytes', type: 'bytes', label: 'Max segment size', group: 'Storage',
    say: (v) => `files of at most ${bytes(v)}`,
  },
  { arg: 'x-queue-type', label: 'Queue type', say: (v) => `a ${v} queue` },
  {
    arg: 'alternate-exchange', key: 'alternate-exchange', label: 'Alternate exchange', badge: 'AE', group: 'Exchanges',
    say: (v) => `messages that match nothing go to “${v}”`,
  },
  { arg: 'x-delayed-type', label: 'Delayed type', badge: 'DM', say: (v) => `after the delay it routes as a ${v} exchange` },
  { key: 'federation-upstream-set', label: 'Federation upstream set', say: (v) => `fetches from the upstream set “${v}”` },
  { key: 'federation-upstream', label: 'Federation upstream', say: (v) => `fetches from the upstream “${v}”` },
];

/** How a delaying exchange routes; not one of the broker's own keys. @type {Known} */
export const delayedType = {
  name: 'x-delayed-type', label: 'Delayed type', group: 'Exchanges', type: 'choice', choices: ['direct', 'topic', 'fanout', 'headers'],
  doc: 'How a delaying exchange routes when the time has come.',
};

/** Finds a row by an argument's or a key's name. @param {string} name @returns {Words|undefined} */
export const keyOf = (name) => keys.find((k) => k.arg === name || k.key === name);

/** What an argument or key with this value does, in words. @param {string} name @param {*} value */
export function say(name, value) {
  const row = keyOf(name);
  const text = row?.say(value);
  return text ? text[0].toUpperCase() + text.slice(1) : `${name} is ${typeof value === 'object' ? JSON.stringify(value) : value}`;
}

/** A definition in one sentence. @param {Record<string,*>} definition */
export const sentence = (definition) => {
  const parts = Object.entries(definition).map(([k, v]) => keyOf(k)?.say(v) || `${k} is ${JSON.stringify(v)}`);
  const text = parts.join('; ');
  return text ? `${text[0].toUpperCase()}${text.slice(1)}.` : '';
};

const types = { integer: 'number', age: 'text', nodes: 'list', 'integer or choice': 'text' };

// known joins a row of the broker's table with our words for it.
function known(row, name) {
  const words = keyOf(name);
  return {
    name, label: words?.label || name, group: words?.group || 'More', type: words?.type || types[row.type] || row.type, doc: row.description,
    choices: row.type === 'choice' ? row.choices : undefined, minimum: row.minimum, maximum: row.maximum,
  };
}

/**
 * The arguments that a kind of queue takes, or an exchange.
 * @param {object[]} table what GET policy-keys answers @param {'classic'|'quorum'|'stream'|'exchange'} kind
 * @returns {Known[]}
 */
export const argumentsFor = (table, kind) => table
  .filter((r) => r.argument && r.argument !== 'x-queue-type' && r.argument_kinds.includes(kind))
  .map((r) => known(r, r.argument));

/**
 * The keys that a policy may have, or an operator's.
 * @param {object[]} table what GET policy-keys answers @param {boolean} operator
 * @returns {Known[]}
 */
export const policyKeys = (table, operator) => table
  .filter((r) => r.key && r.policy_kinds.length > 0 && (!operator || r.operator))
  .map((r) => known(r, r.key));
