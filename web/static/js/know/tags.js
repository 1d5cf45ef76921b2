/** What a user's tags allow, in words (management-api §3.1). */
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
