/** Numbers, octets, times as text. Absent figures are shown as a dash, never as 0. */

const dash = '–';
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

const absent = (n) => n === undefined || n === null || typeof n !== 'number' || Number.isNaN(n);

/** @param {number} n */
export const count = (n) => (absent(n) ? dash : whole.format(n));

/** A count that has to fit a small place: 12.3 k. @param {number} n */
export function short(n) {
  if (absent(n)) return dash;
  for (const [size, unit] of [[1e9, ' G'], [1e6, ' M'], [1e4, ' k']]) {
    if (Math.abs(n) >= size) return tenths.format(n / (unit === ' k' ? 1e3 : size)) + unit;
  }
  return whole.format(n);
}

/** Per second. @param {number} n */
export const rate = (n) => (absent(n) ? dash : n === 0 ? '0/s' : n < 10 ? `${tenths.format(n)}/s` : `${short(Math.round(n))}/s`);

/** @param {number} n octets */
export function bytes(n) {
  if (absent(n)) return dash;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let i = 0;
  let value = n;
  while (Math.abs(value) >= 1024 && i < units.length - 1) {
    value /= 1024;
    i++;
  }
  return `${i === 0 || value >= 100 ? whole.format(value) : tenths.format(value)} ${units[i]}`;
}

/** Octets per second. @param {number} n */
export const byteRate = (n) => (absent(n) ? dash : `${bytes(n)}/s`);

/** @param {number} ms */
export function duration(ms) {
  if (absent(ms)) return dash;
  const s = Math.floor(ms / 1000);
  if (ms < 1000) return `${ms} ms`;
  if (s < 60) return `${s} s`;
  if (s < 600) return `${Math.floor(s / 60)} min ${s % 60 ? `${s % 60} s` : ''}`.trim();
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

/** Milliseconds as whole units where it comes out even: 3600000 is “1 hour”. @param {number} ms */
export function span(ms) {
  for (const [size, unit] of [[86400000, 'day'], [3600000, 'hour'], [60000, 'minute'], [1000, 'second']]) {
    if (ms >= size && ms % size === 0) return `${count(ms / size)} ${unit}${ms === size ? '' : 's'}`;
  }
  return `${count(ms)} ms`;
}

/** A moment in the person's own time. @param {number|string} moment ms since 1970, or RFC 3339 */
export const time = (moment) => (moment ? new Date(moment).toLocaleString() : dash);

/** The time of day. @param {number} ms */
export const clock = (ms) => (ms ? new Date(ms).toLocaleTimeString() : dash);

/** “1 queue”, “3 queues”. @param {number} n @param {string} one @param {string} [many] */
export const plural = (n, one, many = one + 's') => `${count(n)} ${n === 1 ? one : many}`;

/** A rate inside an object: rateOf(queue.message_stats, 'publish'). */
export const rateOf = (stats, key) => stats?.[`${key}_details`]?.rate;

/** How an exchange is called for people. @param {string} name */
export const exchangeLabel = (name) => name || '(AMQP default)';
