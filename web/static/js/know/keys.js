/**
 * What the arguments of queues and exchanges and the keys of policies mean, in
 * words. One row says it for both: argument x-message-ttl, key message-ttl.
 */
import { span, bytes, count, plural } from '../core/format.js';

/**
 * @typedef {object} Key
 * @property {string} [arg] the argument's name
 * @property {string} [key] the policy key's name
 * @property {'number'|'text'|'choice'|'boolean'|'list'|'ms'|'bytes'} type
 * @property {string} label
 * @property {string} doc what it is for
 * @property {(value: *) => string} say what a value does, as the end of a sentence
 * @property {string[]} on what it is for: classic, quorum, stream, exchange
 * @property {string} [badge] short form for lists
 */

const all = ['classic', 'quorum'];
const full = { 'drop-head': 'the oldest messages make room', 'reject-publish': 'new messages are refused and publishers are told', 'reject-publish-dlx': 'new messages are refused and dead-lettered' };

/** @type {Key[]} */
export const keys = [
  { arg: 'x-message-ttl', key: 'message-ttl', type: 'ms', label: 'Message TTL', badge: 'TTL', on: all, operator: true, group: 'Lifetime', doc: 'How long a message may wait, in milliseconds.', say: (v) => `messages expire ${span(v)} after they arrived` },
  { arg: 'x-expires', key: 'expires', type: 'ms', label: 'Queue expiry', badge: 'Exp', on: all, operator: true, group: 'Lifetime', doc: 'The queue is deleted when nobody used it for so many milliseconds.', say: (v) => `the queue is deleted after ${span(v)} without use` },
  { arg: 'x-max-length', key: 'max-length', type: 'number', label: 'Max length', badge: 'Lim', on: all, operator: true, group: 'Limits', doc: 'Most ready messages that the queue holds.', say: (v) => `at most ${plural(v, 'message')} wait` },
  { arg: 'x-max-length-bytes', key: 'max-length-bytes', type: 'bytes', label: 'Max length in bytes', badge: 'Lim B', on: [...all, 'stream'], operator: true, group: 'Limits', doc: 'Most octets of message bodies that the queue holds.', say: (v) => `at most ${bytes(v)} of message bodies wait` },
  { arg: 'x-overflow', key: 'overflow', type: 'choice', choices: Object.keys(full), label: 'Overflow', badge: 'Ovfl', on: all, group: 'Limits', doc: 'What a full queue does.', say: (v) => `when it is full, ${full[v] || v}` },
  { arg: 'x-dead-letter-exchange', key: 'dead-letter-exchange', type: 'text', label: 'Dead letter exchange', badge: 'DLX', on: all, group: 'Dead letters', doc: 'Where messages go that were rejected, expired, were dropped for length or came back too often.', say: (v) => `dead messages go to ${v ? `the exchange “${v}”` : 'the default exchange'}` },
  { arg: 'x-dead-letter-routing-key', key: 'dead-letter-routing-key', type: 'text', label: 'Dead letter routing key', badge: 'DLK', on: all, group: 'Dead letters', doc: 'Routing key of dead messages in place of their own.', say: (v) => `dead messages get the routing key “${v}”` },
  { arg: 'x-dead-letter-strategy', key: 'dead-letter-strategy', type: 'choice', choices: ['at-most-once', 'at-least-once'], label: 'Dead letter strategy', on: ['quorum'], group: 'Dead letters', doc: 'Whether dead-lettering may lose a message or repeat one.', say: (v) => (v === 'at-least-once' ? 'dead messages are kept until the target confirmed them' : 'dead messages are passed on once, without waiting') },
  { arg: 'x-delivery-limit', key: 'delivery-limit', type: 'number', label: 'Delivery limit', badge: 'DlL', on: ['quorum'], operator: true, group: 'Dead letters', doc: 'How often a message may come back before it is dropped or dead-lettered.', say: (v) => `a message that came back ${plural(v, 'time')} is dropped or dead-lettered` },
  { arg: 'x-single-active-consumer', type: 'boolean', label: 'Single active consumer', badge: 'SAC', on: all, group: 'Consumers', doc: 'Only one consumer gets messages at a time; another takes over when it leaves.', say: (v) => (v ? 'one consumer at a time gets messages' : 'all consumers share the messages') },
  { arg: 'x-max-priority', type: 'number', label: 'Maximum priority', badge: 'Pri', on: ['classic'], group: 'Consumers', doc: 'Highest priority that messages may have, 1 to 255; 1 to 10 is usual.', say: (v) => `messages with a higher priority, up to ${count(v)}, overtake others` },
  { key: 'ha-mode', type: 'choice', choices: ['all', 'exactly', 'nodes'], label: 'Mirroring', badge: 'HA', on: ['classic'], group: 'Mirroring', doc: 'On which nodes copies of the queue are kept.', say: (v) => ({ all: 'every node has a copy', exactly: 'a fixed number of nodes have a copy', nodes: 'chosen nodes have a copy' })[v] || v },
  { key: 'ha-params', type: 'number', label: 'Copies or nodes', on: ['classic'], group: 'Mirroring', doc: 'The number of copies, or the names of the nodes.', say: (v) => (Array.isArray(v) ? `copies are on ${v.join(', ')}` : `there are ${count(v)} copies in all`) },
  { key: 'ha-sync-mode', type: 'choice', choices: ['automatic', 'manual'], label: 'Synchronisation', on: ['classic'], group: 'Mirroring', doc: 'Whether a new copy fetches what is there already.', say: (v) => (v === 'manual' ? 'a new copy starts empty until somebody synchronises it' : 'a new copy fetches what is there') },
  { key: 'ha-promote-on-shutdown', type: 'choice', choices: ['when-synced', 'always'], label: 'Promote on shutdown', on: ['classic'], group: 'Mirroring', doc: 'Whether a copy that lacks messages may lead after a clean stop.', say: (v) => (v === 'always' ? 'after a clean stop, a copy that lacks messages may lead' : 'after a clean stop, only a complete copy leads') },
  { key: 'ha-promote-on-failure', type: 'choice', choices: ['when-synced', 'always'], label: 'Promote on failure', on: ['classic'], group: 'Mirroring', doc: 'Whether a copy that lacks messages may lead after a crash.', say: (v) => (v === 'always' ? 'after a crash, a copy that lacks messages may lead: messages can be lost' : 'after a crash, only a complete copy leads') },
  { key: 'ha-sync-batch-size', type: 'number', label: 'Sync batch size', on: ['classic'], group: 'Mirroring', doc: 'Messages that are fetched at a time.', say: (v) => `copies fetch ${plural(v, 'message')} at a time` },
  { arg: 'x-ha-min-in-sync', key: 'ha-min-in-sync', type: 'text', label: 'Minimum in sync', on: ['classic'], operator: true, group: 'Mirroring', ours: true, doc: 'Copies that must have a message before it is confirmed: a number or “majority”.', say: (v) => `a message is confirmed when ${v === 'majority' ? 'a majority of the copies have it' : `${plural(Number(v), 'copy', 'copies')} have it`}` },
  { arg: 'x-queue-mode', key: 'queue-mode', type: 'choice', choices: ['default', 'lazy'], label: 'Queue mode', on: ['classic'], group: 'Storage', doc: 'Accepted for old clients; a backlog lives on disk anyway.', say: (v) => (v === 'lazy' ? 'messages go to disk early' : 'messages stay in memory while there is room') },
  { arg: 'x-queue-version', key: 'queue-version', type: 'number', label: 'Queue version', on: ['classic'], group: 'Storage', doc: 'Accepted for old clients: format of the storage.', say: (v) => `storage format ${v}` },
  { arg: 'x-queue-master-locator', key: 'queue-master-locator', type: 'choice', choices: ['min-masters', 'client-local', 'random'], label: 'Leader locator', badge: 'ML', on: ['classic'], group: 'Storage', doc: 'On which node a new queue is placed.', say: (v) => ({ 'min-masters': 'new queues go to the node with the fewest', 'client-local': 'new queues go to the node that the client is connected to', random: 'new queues go to any node' })[v] || v },
  { arg: 'x-queue-leader-locator', key: 'queue-leader-locator', type: 'choice', choices: ['client-local', 'balanced'], label: 'Leader locator (quorum)', on: ['quorum', 'stream'], group: 'Storage', doc: 'On which node the leader of a new queue is placed.', say: (v) => (v === 'balanced' ? 'leaders are spread over the nodes' : 'the leader is on the node that the client is connected to') },
  { arg: 'x-quorum-initial-group-size', type: 'number', label: 'Initial group size', on: ['quorum'], group: 'Storage', doc: 'How many nodes have a copy at first.', say: (v) => `${count(v)} nodes have a copy at first` },
  { arg: 'x-initial-cluster-size', key: 'initial-cluster-size', type: 'number', label: 'Initial cluster size', on: ['stream'], group: 'Storage', doc: 'How many nodes have a copy at first.', say: (v) => `${count(v)} nodes have a copy at first` },
  { arg: 'x-max-age', key: 'max-age', type: 'text', label: 'Max age', on: ['stream'], group: 'Limits', doc: 'How old messages of a stream become: a number and Y, M, D, h, m or s.', say: (v) => `messages older than ${v} are removed` },
  { arg: 'x-stream-max-segment-size-bytes', key: 'stream-max-segment-size-bytes', type: 'bytes', label: 'Max segment size', on: ['stream'], group: 'Storage', doc: 'Size of the files of a stream.', say: (v) => `files of at most ${bytes(v)}` },
  { arg: 'x-queue-type', type: 'choice', choices: ['classic', 'quorum', 'stream'], label: 'Queue type', on: [], doc: 'Kind of queue.', say: (v) => `a ${v} queue` },
  { arg: 'alternate-exchange', key: 'alternate-exchange', type: 'text', label: 'Alternate exchange', badge: 'AE', on: ['exchange'], group: 'Exchanges', doc: 'Where messages go that this exchange cannot route.', say: (v) => `messages that match nothing go to “${v}”` },
  { arg: 'x-delayed-type', type: 'choice', choices: ['direct', 'topic', 'fanout', 'headers'], label: 'Delayed type', badge: 'DM', on: ['exchange'], group: 'Exchanges', doc: 'How a delaying exchange routes when the time has come.', say: (v) => `after the delay it routes as a ${v} exchange` },
  { key: 'federation-upstream-set', type: 'text', label: 'Federation upstream set', on: [], group: 'Federation', doc: 'Upstreams that messages are fetched from.', say: (v) => `fetches from the upstream set “${v}”` },
  { key: 'federation-upstream', type: 'text', label: 'Federation upstream', on: [], group: 'Federation', doc: 'Upstream that messages are fetched from.', say: (v) => `fetches from the upstream “${v}”` },
];

/** Finds a row by an argument's or a key's name. @param {string} name @returns {Key|undefined} */
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

/** The arguments offered for a kind of queue or for exchanges. @param {string} kind */
export const argumentsFor = (kind) => keys.filter((k) => k.arg && k.on.includes(kind));

/** The keys a policy may have, or an operator's. @param {boolean} operator */
export const policyKeys = (operator) => keys.filter((k) => k.key && (!operator || k.operator));
