/** Users: what their tags allow, in words (management-api §3.1), and their limits. */

/** [tag, label, what it allows] */
export const tagWords = [
  ['administrator', 'Admin', 'may do everything: users, virtual hosts, limits, definitions'],
  ['monitoring', 'Monitoring', 'sees everything, nodes and other users’ connections included, and changes nothing'],
  ['policymaker', 'Policymaker', 'also makes policies in the virtual hosts it may use'],
  ['management', 'Management', 'uses this console for its own virtual hosts'],
  ['impersonator', 'Impersonator', 'may publish in another user’s name'],
];

/** Tags as a list; old brokers sent one text. @param {string[]|string} tags */
export const tagList = (tags) => (Array.isArray(tags) ? tags : String(tags || '').split(',')).map((t) => t.trim()).filter(Boolean);

/** What they allow together. @param {string[]} tags */
export function allowed(tags) {
  const words = tagWords.filter(([t]) => tags.includes(t)).map(([, , w]) => w);
  return words.length ? `This user ${words.join('; ')}.` : 'This user may connect with AMQP, but not use this console.';
}

/** Limits of a user in a few words. @param {object} user */
export const limitsOf = ({ limits }) => Object.entries(Array.isArray(limits) ? {} : limits || {}).map(([k, v]) => `${k} ${v}`).join(', ');
