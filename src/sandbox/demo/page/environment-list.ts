import { html } from 'hono/html';
import type { DemoPull } from '../snapshot.ts';
import { icon } from './icon.ts';
import type { Markup } from './markup.ts';
import { deploymentLook } from './state-look.ts';

/** Where the pull request is deployed to, one entry an environment. */
export function environmentList(pull: DemoPull | undefined): Markup {
  const deployments = pull?.deployments ?? [];
  return html`<section aria-labelledby="environments-title">
    <h2 id="environments-title">Deployments</h2>
    <div class="card">
      ${
        deployments.length === 0
          ? html`<p class="empty">${icon('rocket', 'quiet')} Nothing yet: merging deploys.</p>`
          : html`<ul class="environments">${deployments.map(environmentItem)}</ul>`
      }
    </div>
  </section>`;
}

function environmentItem({ environment, state, description }: DemoPull['deployments'][number]): Markup {
  const { tone, icon: name, words } = deploymentLook(state);
  return html`<li>${icon('rocket', 'quiet')}
    <div><strong>${environment}</strong>${description === '' ? '' : html`<br><span class="muted">${description}</span>`}</div>
    <span class="pill tone-${tone}">${icon(name, tone)} ${words}</span></li>`;
}
