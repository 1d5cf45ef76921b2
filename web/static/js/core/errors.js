/** What an error means and what to do, by what the API said. The first row that matches counts. */
const rows = [
  [0, /./, 'The node does not answer', 'It may be restarting, or the network between you and it is interrupted. This page tries again by itself.'],
  [401, /Login failed/, 'The username or the password is not right',
    'Check both; capital letters count. An administrator can set a new password on the page Users.'],
  [401, /Not management user/, 'This user may not use the console',
    'An administrator can give it the tag “management”, or a higher one, on the page Users.'],
  [401, /only log in via localhost/, 'This user may log in only on the machine that the broker runs on',
    'Make a user of your own on the page Users, or connect from there.'],
  [401, /Not monitor/, 'This needs the tag “monitoring”', 'An administrator can add it on the page Users.'],
  [401, /Not administrator/, 'Only an administrator may do this', 'Ask one, or have the tag “administrator” added to your user.'],
  [401, /not authorised to access virtual host/i, 'Your user has no permission in this virtual host',
    'An administrator can grant one on your user’s page.'],
  [401, /not authorised to access object/i, 'This needs the tag “policymaker” and a permission in the virtual host',
    'An administrator can add both on your user’s page.'],
  [401, /./, 'This is not allowed for your user',
    'Its permissions in the virtual host do not cover the name, or the name begins with “amq.”, which is reserved.'],
  [401, /^$/, 'The session has ended', 'Log in again.'],
  [404, /./, 'It is not there (any more)', 'Somebody may have deleted it. The list of what exists is one step up.'],
  [400, /inequivalent arg/, 'It exists already, with other properties',
    'Choose another name, or delete the existing one first: its properties cannot change.'],
  [400, /regular expression|regexp/i, 'The pattern is not a regular expression',
    'A lone *, ( or [ is the usual reason; put a backslash in front of characters that stand for themselves.'],
  [400, /not empty/, 'The queue still holds messages', 'Purge it first, or delete it without “only if empty”.'],
  [400, /in use/, 'Somebody still uses it', 'Consumers or bindings are left. Stop them first, or delete it without “only if unused”.'],
  [400, /exclusive access/, 'The queue belongs to one connection alone', 'Only that connection can use it; it disappears together with it.'],
  [400, /limit .* is reached/, 'The virtual host is at its limit', 'Raise the limit on the page Limits, or delete what is not used.'],
  [400, /Page out of range/, 'There are fewer pages now', 'Go back to the first one.'],
  [400, /Check queue limits/, 'A queue refused the message', 'It is full and set to reject. Its page shows the limit.'],
  [400, /Pagination parameters/, 'The filter is not a regular expression', 'Switch “regex” off to search for the text as it is.'],
  [400, /./, 'The broker did not accept this', ''],
  [405, /./, 'This version of the broker does not offer that', ''],
  [500, /./, 'The node failed to answer this', 'Its log says why.'],
  [502, /./, 'The node does not answer', 'A proxy in front of it says that it is away. This page tries again by itself.'],
  [503, /./, 'The node cannot do this now', 'An alarm or a stopped virtual host is the usual reason: look at the page Health.'],
];

/**
 * What happened, in words.
 * @param {number} status @param {string} reason
 * @returns {{title: string, advice: string}}
 */
export function explain(status, reason) {
  const text = reason || (status === 401 ? '' : ' ');
  const row = rows.find(([s, pattern]) => s === status && pattern.test(text));
  return row ? { title: row[2], advice: row[3] } : { title: `The node answered ${status}`, advice: '' };
}
