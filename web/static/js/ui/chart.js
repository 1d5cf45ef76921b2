/** A chart over time with a legend that shows the newest values and switches its curves. */
import { html, useEffect, useRef, useMemo } from '../core/dom.js';
import { usePref } from '../core/prefs.js';
import { bytes, byteRate, rate, count, short } from '../core/format.js';
import { useTheme } from './theme.js';
import { Help } from './parts.js';
import { Icon } from './icons.js';
import uPlot from '../../vendor/uplot.js';

/** Time ranges: [id, short label, label, seconds, seconds between samples]. */
const ranges = [
  ['1m', '1 min', 'last minute', 60, 5],
  ['10m', '10 min', 'last ten minutes', 600, 5],
  ['1h', '1 h', 'last hour', 3600, 60],
  ['8h', '8 h', 'last eight hours', 28800, 600],
  ['24h', '1 d', 'last day', 86400, 1800],
];

/**
 * The chosen range of a page's charts, with its query for the API.
 * @param {string} id
 */
export function useRange(id) {
  const [chosen, set] = usePref(`range.${id}`, '1m');
  const [, , , age, incr] = ranges.find((r) => r[0] === chosen) || ranges[0];
  const params = (...kinds) => Object.fromEntries(kinds.flatMap((k) => [[`${k}_age`, age], [`${k}_incr`, incr]]));
  return { chosen, set, params };
}

/** A selection of the range, for the head of a page. @param {{range: object}} props */
export const RangePick = ({ range }) => html`
  <div class="segments" role="group" aria-label="Time range of the charts">${ranges.map(([id, text, label]) => html`
    <button key=${id} type="button" aria-pressed=${String(id === range.chosen)} title=${label} onClick=${() => range.set(id)}>${text}</button>`)}</div>`;

/**
 * @typedef {object} Series
 * @property {string} label
 * @property {object|undefined} details what the API calls k_details, with samples
 * @property {number} [now] the newest value
 * @property {number} [colour] its place in the palette, from 1
 * @property {boolean} [rates] draw the change per second in place of the samples
 */

/**
 * Samples (newest first) as values by their time in seconds, oldest first.
 * @param {{details?: object, rates?: boolean}} series rates: the change per second in place of the samples
 * @returns {Map<number, number>}
 */
export function points({ details, rates }) {
  const samples = details?.samples || [];
  const out = new Map();
  for (let i = samples.length - 1; i >= 0; i--) {
    const at = Math.round(samples[i].timestamp / 1000);
    if (!rates) out.set(at, samples[i].sample);
    else if (i < samples.length - 1) {
      const seconds = (samples[i].timestamp - samples[i + 1].timestamp) / 1000;
      if (seconds > 0) out.set(at, Math.max(0, (samples[i].sample - samples[i + 1].sample) / seconds));
    }
  }
  return out;
}

// align puts curves on one time line, as uPlot wants them.
function align(series) {
  const all = series.map(points);
  const moments = [...new Set(all.flatMap((m) => [...m.keys()]))].sort((a, b) => a - b);
  return [moments, ...all.map((m) => moments.map((t) => (m.has(t) ? m.get(t) : null)))];
}

/**
 * A chart.
 * @param {{id: string, title: string, series: Series[], format: (n: number) => string, empty?: string}} props
 */
export function Chart({ id, title, series, format, empty = 'Nothing to draw yet' }) {
  const present = series.filter((s) => s.details);
  const [hidden, setHidden] = usePref(`curves.${id}`, []);
  const [big, setBig] = usePref(`large.${id}`, false);
  const height = big ? heights.big : heights.usual;
  const theme = useTheme();
  const holder = useRef(null);
  const plot = useRef(null);
  const data = useMemo(() => align(present), [series]);
  const shape = present.map((s) => s.label).join('|') + theme + height;
  const latest = useRef({ data, hidden });
  latest.current = { data, hidden };
  useEffect(() => {
    if (!holder.current || present.length === 0) return undefined;
    const made = new uPlot(options(holder.current, height, present, hidden, format), latest.current.data, holder.current);
    plot.current = made;
    const box = holder.current;
    const watch = new ResizeObserver(() => made.setSize({ width: box.clientWidth, height }));
    watch.observe(box);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape]);
  useEffect(() => {
    plot.current?.setData(data);
    present.forEach((s, i) => {
      const show = !hidden.includes(s.label);
      if (plot.current && plot.current.series[i + 1]?.show !== show) plot.current.setSeries(i + 1, { show });
    });
  }, [data, hidden]);
  const flip = (label) => setHidden(hidden.includes(label) ? hidden.filter((l) => l !== label) : [...hidden, label]);
  const words = present.map((s) => `${s.label} ${format(value(s))}`).join(', ');
  return html`
    <figure class=${big ? 'card chart big' : 'card chart'}>
      <figcaption>
        <h2>${title}</h2><${Help} about=${title} /><span class="grow"></span>
        <button type="button" class="btn quiet small icon" aria-pressed=${String(big)} aria-label=${`${title}: large`}
          title=${big ? 'Smaller' : 'Larger'} onClick=${() => setBig(!big)}><${Icon} name=${big ? 'shrink' : 'grow'} /></button>
      </figcaption>
      ${present.length === 0
    ? html`<p class="loading">${empty}</p>`
    : html`<div class="plot" ref=${holder} role="img" aria-label=${`${title}: ${words}`}></div>`}
      <div class="legend">${present.map((s, i) => html`
        <button key=${s.label} type="button" aria-pressed=${String(!hidden.includes(s.label))} onClick=${() => flip(s.label)}>
          <i style=${{ '--swatch': `var(${paint(s, i)})` }}></i>${s.label} <b>${format(value(s))}</b></button>`)}</div>
    </figure>`;
}

const heights = { usual: 190, big: 420 }; // --plot in tokens.css
const value = (s) => (s.now !== undefined ? s.now : s.rates ? s.details?.rate : s.details?.samples?.[0]?.sample);

const paint = (series, i) => `--chart-${series.colour || (i % 8) + 1}`;

// curve is a series as uPlot takes it; the first of a few is filled.
function curve(series, i, few, hidden, token) {
  const stroke = token(paint(series, i));
  return {
    label: series.label, show: !hidden.includes(series.label), stroke, width: 1.75, spanGaps: true, points: { show: false },
    fill: i === 0 && few ? `${stroke}14` : undefined,
  };
}

// room is how wide an axis has to be for its words.
const room = (u, words) => (words ? Math.max(...words.map((w) => String(w).length)) * 6.5 + 14 : 40);

function options(holder, height, series, hidden, format) {
  const css = getComputedStyle(document.documentElement);
  const token = (name) => css.getPropertyValue(name).trim();
  const axis = { stroke: token('--muted'), font: `11px ${token('--font')}`, grid: { stroke: token('--chart-grid'), width: 1 }, ticks: { show: false } };
  return {
    width: holder.clientWidth || 400, height, legend: { show: false }, cursor: { y: false, points: { size: 6 } }, padding: [8, 4, 0, 0],
    scales: { y: { range: (u, min, max) => [0, Math.max(max * 1.1, 1)] } },
    axes: [{ ...axis, space: 84, size: 26, values: times },
      { ...axis, size: room, space: 34, incrs: steps(format), values: (u, ticks) => ticks.map((t) => format(t)) }],
    series: [{}, ...series.map((s, i) => curve(s, i, series.length < 4, hidden, token))],
    plugins: [tip(series, format)],
  };
}

// times words the ticks of the time axis; those that an edge would cut are left out.
function times(u, ticks) {
  const style = u.scales.x.max - u.scales.x.min < 400 ? { hour: 'numeric', minute: '2-digit', second: '2-digit' } : { hour: 'numeric', minute: '2-digit' };
  return ticks.map((t) => (u.valToPos(t, 'x') < 12 || u.valToPos(t, 'x') > u.over.clientWidth - 26 ? '' : new Date(t * 1000).toLocaleTimeString([], style)));
}

const decades = (from, to, marks) => Array.from({ length: to - from }, (_, i) => marks.map((m) => m * 10 ** (from + i))).flat();
const binary = Array.from({ length: 50 }, (_, i) => 2 ** i);

// steps are the distances of lines at which a format gives short and different words.
function steps(format) {
  if (format === bytes || format === byteRate) return binary;
  if (format === count || format === short) return decades(0, 12, [1, 2, 5]);
  return format === rate ? decades(-1, 12, [1, 2, 5]) : undefined;
}

// tip shows the values under the pointer, as text nodes.
function tip(series, format) {
  const box = document.createElement('div');
  box.className = 'chart-tip';
  return {
    hooks: {
      init: (u) => { box.hidden = true; u.over.appendChild(box); u.over.addEventListener('mouseleave', () => { box.hidden = true; }); },
      setCursor: (u) => {
        const { idx, left } = u.cursor;
        if (idx === null || idx === undefined || left < 0) { box.hidden = true; return; }
        box.hidden = false;
        const at = (i) => u.data[i + 1][idx];
        const lines = series.map((s, i) => (u.series[i + 1].show && at(i) !== null ? `${s.label}  ${format(at(i))}` : '')).filter(Boolean);
        box.textContent = [new Date(u.data[0][idx] * 1000).toLocaleTimeString(), ...lines].join('\n');
        box.style.left = `${left > u.over.clientWidth / 2 ? left - box.offsetWidth - 12 : left + 12}px`;
      },
    },
  };
}
