import { html } from 'hono/html';
import type { DemoStep } from '../snapshot.ts';
import { icon } from './icon.ts';
import type { Markup } from './markup.ts';
import { stepLook } from './state-look.ts';

/** The steps of the tour, and in full what went wrong with one. */
export function progressStrip(steps: readonly DemoStep[]): Markup {
  if (steps.length === 0) return html``;
  return html`<section class="progress" aria-labelledby="progress-title">
    <h2 id="progress-title" class="unseen">Progress of the tour</h2>
    <ol>${steps.map(stepItem)}</ol>
    ${steps.filter((step) => step.state === 'failed').map(failureNote)}
  </section>`;
}

function stepItem(step: DemoStep): Markup {
  const { tone, icon: name, words } = stepLook(step.state);
  const time = step.seconds === undefined ? '' : ` in ${step.seconds.toFixed(1)} s`;
  return html`<li class="step tone-${tone}" ${step.state === 'running' ? html`aria-current="step"` : ''}>
    ${icon(name, tone)}
    <div><span class="step-title">${step.title}</span>
      <small>${words}${time}${step.state === 'failed' || step.detail === undefined ? '' : `: ${step.detail}`}</small></div>
  </li>`;
}

function failureNote({ title, detail }: DemoStep): Markup {
  return html`<div class="flash" role="alert"><strong>Failed: ${title}</strong>${detail === undefined ? '' : html`<pre tabindex="0">${detail}</pre>`}</div>`;
}
