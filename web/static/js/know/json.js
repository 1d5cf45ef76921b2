/** JSON as people read it. The text is indented as it is and never decoded, so that long numbers keep their digits. */

const token = /"(?:\\.|[^"\\])*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * @param {string} text
 * @returns {string|null} null where the text is no object or list of JSON
 */
export function indent(text) {
  if (!/^\s*[[{]/.test(text)) return null;
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  let depth = 0;
  let out = '';
  let before = '';
  const line = () => `\n${'  '.repeat(depth)}`;
  for (const [t] of text.matchAll(token)) {
    const closes = t === '}' || t === ']';
    const opened = before === '{' || before === '[';
    if (closes) depth--;
    if (closes ? !opened : opened || before === ',') out += line();
    out += t === ':' ? ': ' : t;
    if (t === '{' || t === '[') depth++;
    before = t;
  }
  return out;
}

/**
 * Splits JSON into pieces to colour.
 * @param {string} text
 * @returns {[string, string][]} [kind, piece]; kind is key, text, value or ''
 */
export function pieces(text) {
  const out = [];
  let end = 0;
  for (const m of text.matchAll(/("(?:\\.|[^"\\])*")(\s*:)?|-?\b\d[\d.eE+-]*|\b(?:true|false|null)\b/g)) {
    if (m.index > end) out.push(['', text.slice(end, m.index)]);
    const word = m[1] || m[0];
    out.push([m[1] ? (m[2] ? 'key' : 'text') : 'value', word]);
    end = m.index + word.length;
  }
  out.push(['', text.slice(end)]);
  return out;
}
