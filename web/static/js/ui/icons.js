/** Line icons, drawn here: 24 by 24, one stroke. They only decorate; text beside them says the same. */
import { html } from '../core/dom.js';

const paths = {
  overview: 'M4 13h6V4H4zM14 20h6v-9h-6zM14 4v4h6V4zM4 17v3h6v-3z',
  connections: 'M8 12h8M9 7H7a5 5 0 0 0 0 10h2M15 7h2a5 5 0 0 1 0 10h-2',
  channels: 'M4 7h16M4 12h16M4 17h16M8 5v4M15 10v4M10 15v4',
  exchanges: 'M4 8h13l-3-3M20 16H7l3 3',
  queues: 'M4 6h16v4H4zM4 14h16v4H4zM7 8h.01M7 16h.01',
  topology: 'M6 6m-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0M18 6m-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0'
    + 'M12 18m-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0M8 7.5l3 8M16 7.5l-3 8',
  health: 'M3 12h4l2.5-6 4 12 2.5-6h5',
  messages: 'M4 6h16v12H4zM4 7l8 6 8-6',
  admin: 'M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM19 12l2-1.2-1.8-3.2-2.2 1a6 6 0 0 0-1.7-1L15 5h-4l-.4 2.6a6 6 0 0 0-1.7 1l-2.2-1L5 10.8l2 1.2-2 1.2 1.8 3.2 2.2-1'
    + 'a6 6 0 0 0 1.7 1L11 19h4l.4-2.6a6 6 0 0 0 1.7-1l2.2 1 1.8-3.2z',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L20 20',
  menu: 'M4 7h16M4 12h16M4 17h16',
  close: 'M6 6l12 12M18 6L6 18',
  chevron: 'M9 6l6 6-6 6',
  up: 'M6 15l6-6 6 6',
  down: 'M6 9l6 6 6-6',
  plus: 'M12 5v14M5 12h14',
  trash: 'M5 7h14M10 11v6M14 11v6M7 7l1 13h8l1-13M9 7V4h6v3',
  columns: 'M4 5h16v14H4zM10 5v14M15 5v14',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1.1 1.1M17.3 17.3l1.1 1.1M5.6 18.4l1.1-1.1M17.3 6.7l1.1-1.1',
  moon: 'M20 14.5A8 8 0 1 1 9.5 4a6.5 6.5 0 0 0 10.5 10.5z',
  user: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM5 20c0-3.5 3-6 7-6s7 2.5 7 6',
  leave: 'M10 5H5v14h5M14 8l4 4-4 4M18 12H9',
  info: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5M12 8h.01',
  warn: 'M12 4L2.5 20h19zM12 10v4M12 17h.01',
  ok: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8 12.5l2.7 2.7L16 9.5',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  upload: 'M12 16V5M7 9l5-5 5 5M5 20h14',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  pause: 'M9 6v12M15 6v12',
  back: 'M9 8l-5 5 5 5M4 13h10a6 6 0 0 0 6-6V5',
  grow: 'M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7',
  shrink: 'M20 10h-6V4M14 10l6-6M4 14h6v6M10 14l-6 6',
  refresh: 'M20 11a8 8 0 0 0-14.5-3.5L4 9M4 4v5h5M4 13a8 8 0 0 0 14.5 3.5L20 15M20 20v-5h-5',
  play: 'M8 5l11 7-11 7z',
  stop: 'M7 7h10v10H7z',
  node: 'M4 5h16v6H4zM4 13h16v6H4zM8 8h.01M8 16h.01',
};

/**
 * An icon by its name in the table above.
 * @param {{name: string, class?: string}} props
 */
export const Icon = ({ name, class: className }) => html`
  <svg class=${className} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"
    aria-hidden="true" focusable="false"><path d=${paths[name]} /></svg>`;

/** The mark of the product. */
export const Logo = () => html`
  <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect width="32" height="32" rx="8" fill="#4338ca" />
    <path d="M7 10h10a6 6 0 0 1 0 12H7" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" />
    <circle cx="24" cy="16" r="2.6" fill="#a5b4fc" />
    <path d="M7 16h7" stroke="#a5b4fc" stroke-width="3" stroke-linecap="round" />
  </svg>`;
