import { html, raw } from 'hono/html';
import type { Markup } from './markup.ts';

/** Drawn on a field of 16 by 16, as lines in the colour of the text around. */
const drawings = {
  check: '<circle cx="8" cy="8" r="6.5"/><path d="M5 8.3l2.1 2.1L11 6.2"/>',
  tick: '<path d="M3.5 8.5l3 3 6-6.5"/>',
  times: '<path d="M4.5 4.5l7 7M11.5 4.5l-7 7"/>',
  cross: '<circle cx="8" cy="8" r="6.5"/><path d="M5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4"/>',
  dash: '<circle cx="8" cy="8" r="6.5"/><path d="M5 8h6"/>',
  clock: '<circle cx="8" cy="8" r="6.5"/><path d="M8 4.5V8l2.3 1.6"/>',
  running:
    '<circle cx="8" cy="8" r="6.5" stroke-dasharray="28 14"/><circle cx="8" cy="8" r="2" fill="currentColor" stroke="none"/>',
  person: '<circle cx="8" cy="5" r="2.8"/><path d="M2.8 14c.5-3 2.5-4.4 5.2-4.4s4.7 1.4 5.2 4.4"/>',
  pull: '<circle cx="4" cy="3.5" r="1.8"/><circle cx="4" cy="12.5" r="1.8"/><circle cx="12" cy="12.5" r="1.8"/><path d="M4 5.3v5.4M12 10.7V6.5a2.5 2.5 0 0 0-2.5-2.5H7.5M9.3 2L7.3 4l2 2"/>',
  merge:
    '<circle cx="4" cy="3.5" r="1.8"/><circle cx="4" cy="12.5" r="1.8"/><circle cx="12" cy="8" r="1.8"/><path d="M4 5.3v5.4M4 5.3C4.5 7.3 7 8 10.2 8"/>',
  comment: '<path d="M2 3h12v8H8.5L5 14v-3H2z"/>',
  rocket:
    '<path d="M8 1.8c2.6 1.7 3.4 4.4 3 7.7H5c-.4-3.3.4-6 3-7.7zM5 8l-2.5 2.5v2L5 11.5M11 8l2.5 2.5v2L11 11.5M8 11.5v3"/><circle cx="8" cy="6" r="1"/>',
  cluster: '<path d="M8 1.5l5.6 3.2v6.6L8 14.5l-5.6-3.2V4.7zM8 8l5.6-3.3M8 8L2.4 4.7M8 8v6.5"/>',
  arrow: '<path d="M6 3H3v10h10v-3M9 2.5h4.5V7M13.5 2.5L7.5 8.5"/>',
} as const;

export type IconName = keyof typeof drawings;

/** Says nothing to a screen reader; the words stand next to it. */
export function icon(name: IconName, tone = 'inherit'): Markup {
  return html`<svg class="icon tone-${tone} icon-${name}" aria-hidden="true"><use href="#icon-${name}"></use></svg>`;
}

/** All drawings, once a page. */
export function iconSprite(): Markup {
  const symbols = Object.entries(drawings).map(
    ([name, drawing]) => `<symbol id="icon-${name}" viewBox="0 0 16 16">${drawing}</symbol>`,
  );
  return html`<svg class="sprite" aria-hidden="true">${raw(symbols.join(''))}</svg>`;
}

/** Planwright's mark, as a file of its own for the browser's tab. */
export const markSvg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f6feb"/><path d="M8 9.5h16M8 16h10M8 22.5h6" stroke="#fff" stroke-width="3" stroke-linecap="round"/><path d="M18 22l3 3 5-6" fill="none" stroke="#7ee787" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/></svg>`;
