import { html } from 'hono/html';
import type { DemoPull } from '../snapshot.ts';
import { icon } from './icon.ts';
import type { Markup } from './markup.ts';
import { pullLook } from './state-look.ts';

/** What stands on top of a pull request: title, number, state, who wants what. */
export function pullTitle(pull: DemoPull | undefined): Markup {
  if (pull === undefined) {
    return html`<header class="title">
      <h1>No pull request yet</h1>
      <p class="muted">The page shows it as soon as it is opened.</p>
    </header>`;
  }
  const { tone, icon: name, words } = pullLook(pull.state);
  return html`<header class="title">
    <h1>${pull.title} <span class="number">#${pull.number}</span></h1>
    <p><span class="badge badge-${tone}">${icon(name)} ${words}</span>
      <span class="muted"><strong>${pull.author}</strong> ${intent(pull.state)} <span class="branch">${pull.repository}</span> at <code>${shortSha(pull.headSha)}</code></span></p>
  </header>`;
}

function intent(state: DemoPull['state']): string {
  switch (state) {
    case 'open':
      return 'wants to change';
    case 'merged':
      return 'changed';
    case 'closed':
      return 'wanted to change';
  }
}

export function shortSha(sha: string): string {
  return sha.slice(0, 7);
}
