/** Light or dark: as the system says, unless a person chose. */
import { useEffect, useState } from '../core/dom.js';
import { getPref, setPref, usePref } from '../core/prefs.js';

const system = window.matchMedia('(prefers-color-scheme: dark)');
const wanted = () => getPref('theme', null) || (system.matches ? 'dark' : 'light');

/** Puts the theme on the page; before anything is drawn, so that nothing flashes. */
export function applyTheme() {
  document.documentElement.dataset.theme = wanted();
}

/** The theme in force, as state: 'light' or 'dark'. */
export function useTheme() {
  const [chosen] = usePref('theme', null);
  const [, again] = useState(0);
  useEffect(() => {
    const listener = () => { applyTheme(); again((n) => n + 1); };
    system.addEventListener('change', listener);
    return () => system.removeEventListener('change', listener);
  }, []);
  applyTheme();
  return chosen || (system.matches ? 'dark' : 'light');
}

/** Changes to the other one. */
export function flipTheme() {
  setPref('theme', wanted() === 'dark' ? 'light' : 'dark');
  applyTheme();
}
