/** Which page an address shows. Each module is loaded when it is first wanted. */

const page = (file, name) => {
  let loading = null;
  return () => (loading ??= import(`./pages/${file}.js`).then((m) => m[name], (error) => { loading = null; throw error; }));
};

// A pattern's words are taken literally; a word after : names a prop.
const table = [
  ['', page('overview', 'Overview')],
  ['nodes/:name', page('node', 'NodePage')],
  ['connections', page('connections', 'Connections')],
  ['connections/:name', page('connection', 'ConnectionPage')],
  ['channels', page('channels', 'Channels')],
  ['channels/:name', page('channel', 'ChannelPage')],
  ['exchanges', page('exchanges', 'Exchanges')],
  ['exchanges/:vhost/:name', page('exchange', 'ExchangePage')],
  ['queues', page('queues', 'Queues')],
  ['queues/:vhost/:name', page('queue', 'QueuePage')],
  ['health', page('health', 'Health')],
  ['topology', page('topology', 'Topology')],
  ['messages', page('messages', 'Messages')],
  ['messages/:vhost/:name', page('queue-messages', 'QueueMessages')],
  ['admin', page('admin', 'Admin')],
  ['users', page('users', 'Users')],
  ['users/:name', page('user', 'UserPage')],
  ['vhosts', page('vhosts', 'Vhosts')],
  ['vhosts/:name', page('vhost', 'VhostPage')],
  ['policies', page('policies', 'Policies')],
  ['policies/:vhost/:edit', page('policies', 'Policies')],
  ['operator-policies', page('policies', 'OperatorPolicies')],
  ['limits', page('limits', 'Limits')],
  ['definitions', page('definitions', 'Definitions')],
  ['cluster', page('cluster', 'Cluster')],
  ['cluster-name', page('cluster', 'Cluster')],
  ['feature-flags', page('flags', 'FeatureFlags')],
].map(([pattern, load]) => ({ words: pattern ? pattern.split('/') : [], load }));

/**
 * Finds the page of an address.
 * @param {string[]} segments
 * @returns {{load?: () => Promise<Function>, props: object, missing: boolean}}
 */
export function find(segments) {
  const given = segments.length === 1 && segments[0] === '' ? [] : segments;
  for (const { words, load } of table) {
    if (words.length !== given.length || !words.every((w, i) => w[0] === ':' || w === given[i])) continue;
    const props = {};
    words.forEach((w, i) => { if (w[0] === ':') props[w.slice(1)] = given[i]; });
    return { load, props, missing: false };
  }
  return { props: {}, missing: true };
}
