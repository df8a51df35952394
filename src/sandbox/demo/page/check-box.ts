import { html } from 'hono/html';
import type { DemoCheck, DemoPull } from '../snapshot.ts';
import { icon } from './icon.ts';
import { markdown } from './markdown.ts';
import type { Markup } from './markup.ts';
import { shortSha } from './pull-title.ts';
import type { StateLook } from './state-look.ts';
import { checkLook } from './state-look.ts';

/** The checks of each commit, each with its foldable summary. */
export function checkBox(pull: DemoPull | undefined): Markup {
  if (pull === undefined) return html``;
  const bySha = Map.groupBy(pull.checks, (check) => check.sha);
  return html`<section class="checks" aria-labelledby="checks-title">
    <h2 id="checks-title">Checks</h2>
    ${
      bySha.size === 0
        ? html`<div class="card"><p class="empty">${icon('clock', 'busy')} <span>Waiting for the first check of <code>${shortSha(pull.headSha)}</code>.</span></p></div>`
        : [...bySha].map(([sha, checks]) =>
            commitChecks(sha, sha === pull.headSha ? 'the head' : 'the merge commit', checks),
          )
    }
  </section>`;
}

function commitChecks(sha: string, where: string, checks: readonly DemoCheck[]): Markup {
  const { tone, icon: name, words } = overall(checks);
  return html`<div class="card card-${tone}">
    <div class="checks-head">${icon(name, tone)}
      <div><h3>${words}</h3><p class="muted">${counts(checks)} on ${where} <code>${shortSha(sha)}</code></p></div></div>
    ${checks.map(checkRow)}
  </div>`;
}

function checkRow(check: DemoCheck): Markup {
  const { tone, icon: name, words } = checkLook(check.state);
  return html`<details class="check" data-key="${check.sha} ${check.name}">
    <summary>${icon(name, tone)}<span class="check-name"><strong>${check.name}</strong>
      <span class="muted">${check.title}</span></span><span class="check-state tone-${tone}">${words}</span></summary>
    <div class="markdown">${check.summary === '' ? html`<p class="muted">No summary yet.</p>` : markdown(check.summary)}</div>
  </details>`;
}

function overall(checks: readonly DemoCheck[]): StateLook {
  const tones = checks.map((check) => checkLook(check.state).tone);
  if (tones.includes('bad')) return { tone: 'bad', icon: 'cross', words: 'Some checks were not successful' };
  if (tones.includes('busy')) return { tone: 'busy', icon: 'running', words: 'Some checks have not completed yet' };
  if (tones.includes('attention')) return { tone: 'attention', icon: 'person', words: 'Waiting for a person' };
  return { tone: 'good', icon: 'check', words: 'All checks have passed' };
}

function counts(checks: readonly DemoCheck[]): string {
  const byWords = Map.groupBy(checks, (check) => checkLook(check.state).words.toLowerCase());
  return [...byWords].map(([words, some]) => `${some.length} ${words}`).join(', ');
}
