/** JSON Patch (RFC 6902), as far as the node's events use it: add, remove, replace. */

const unescape = (word) => word.replaceAll('~1', '/').replaceAll('~0', '~');

/**
 * Applies a patch and leaves the document as it was; parts that do not change stay the same objects.
 * @param {*} document
 * @param {{op: 'add'|'remove'|'replace', path: string, value?: *}[]} patch
 * @returns {*} throws where the patch does not fit
 */
export function apply(document, patch) {
  return patch.reduce((doc, { op, path, value }) => (path === '' ? value : change(doc, path.slice(1).split('/').map(unescape), op, value)), document);
}

function change(node, [word, ...rest], op, value) {
  if (node === null || typeof node !== 'object') throw new Error(`no member ${word}`);
  const copy = Array.isArray(node) ? [...node] : { ...node };
  const at = Array.isArray(copy) && word === '-' ? copy.length : word;
  if (rest.length > 0) copy[at] = change(copy[at], rest, op, value);
  else if (Array.isArray(copy)) copy.splice(Number(at), op === 'add' ? 0 : 1, ...(op === 'remove' ? [] : [value]));
  else if (op === 'remove') delete copy[at];
  else copy[at] = value;
  return copy;
}
