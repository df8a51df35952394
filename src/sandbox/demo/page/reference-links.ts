import { html } from 'hono/html';
import type { DemoSnapshot } from '../snapshot.ts';
import { icon } from './icon.ts';
import type { Markup } from './markup.ts';

/** Where else things can be seen. */
export function referenceLinks(links: DemoSnapshot['links']): Markup {
  if (links.length === 0) return html``;
  return html`<nav aria-labelledby="links-title">
    <h2 id="links-title">Links</h2>
    <ul class="links">${links.map(
      ({ label, url }) => html`<li>${icon('arrow', 'quiet')} <span>${label}: ${address(url)}</span></li>`,
    )}</ul>
  </nav>`;
}

function address(url: string): Markup {
  return /^https?:\/\//i.test(url) ? html`<a href="${url}">${url}</a>` : html`<code>${url}</code>`;
}
