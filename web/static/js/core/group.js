/** Rows put together. */

/**
 * Rows by a key.
 * @template T, V
 * @param {T[]|undefined} rows @param {(row: T) => string} key @param {(row: T) => V} value
 * @returns {Map<string, V[]>}
 */
export function group(rows, key, value) {
  const map = new Map();
  for (const row of rows || []) {
    const list = map.get(key(row));
    if (list) list.push(value(row));
    else map.set(key(row), [value(row)]);
  }
  return map;
}
