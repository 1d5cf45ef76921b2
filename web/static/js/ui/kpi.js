/** The figures that matter most, each with its way in the time that is shown. */
import { html } from '../core/dom.js';
import { points } from './chart.js';

/**
 * @param {{label: string, value: string, details?: object, rates?: boolean, colour: number}} props details and rates are as a chart's series has them
 */
export function Kpi({ label, value, details, rates, colour }) {
  return html`
    <div class="tile kpi" style=${{ '--swatch': `var(--chart-${colour})` }}>
      <b>${value}</b><span>${label}</span>
      <${Curve} values=${[...points({ details, rates }).values()]} />
    </div>`;
}

const height = 32;

// Curve only decorates: the value stands beside it, and the charts below tell the rest.
function Curve({ values }) {
  const max = Math.max(...values, 1);
  const step = 100 / Math.max(1, values.length - 1);
  const line = values.map((v, i) => `${i ? 'L' : 'M'}${(i * step).toFixed(2)} ${(height - 2 - (v / max) * (height - 4)).toFixed(2)}`).join('');
  return html`
    <svg viewBox=${`0 0 100 ${height}`} preserveAspectRatio="none" aria-hidden="true" focusable="false">
      ${values.length > 1 && html`<path class="area" d=${`${line}L100 ${height}L0 ${height}Z`} /><path d=${line} vector-effect="non-scaling-stroke" />`}
    </svg>`;
}
