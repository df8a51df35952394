import { html } from 'hono/html';
import { identityText, type Problem } from '../../domain/manifest/rendered-object.ts';
import { type Change, countChanges, planFails } from '../../domain/plan/plan.ts';
import { planKindText, plural, totalOf } from '../../domain/report/change-words.ts';
import { changesByDanger, hasDiff } from '../../domain/report/plan-section.ts';
import { visible, visibleLines } from '../../domain/report/visible-text.ts';
import type { ShownPlan } from '../../flows/show-plan.ts';
import { changeHtml } from './change-html.ts';
import { type Html, page } from './page-frame.ts';

type Plan = ShownPlan['plan'];

/** A reader takes in about this many objects without folding. */
const unfoldedChanges = 8;
const shortDigits = 12;

/** The full plan as a page: what it is, what is wrong, then each object's change, the most dangerous first. */
export async function planHtml({ plan, ambiguous }: ShownPlan): Promise<string> {
  const changes = changesByDanger(plan.changes);
  const shown = changes.filter(hasFields);
  const unchanged = changes.filter((change) => !hasFields(change));
  const title = `${visible(plan.target)} · plan ${plan.digest.slice(0, shortDigits)}`;
  return String(
    await page(
      title,
      html`<header>
<p class="kicker">Planwright · plan <code>${plan.digest.slice(0, shortDigits)}</code></p>
<h1>${visible(plan.target)} <span class="on">on ${visible(plan.cluster.name)}</span></h1>
${commitsHtml(plan)}
${countsHtml(plan)}
</header>
<main>
${ambiguous ? ambiguityHtml() : ''}
${verdictHtml(plan)}
${destructionHtml(shown)}
${problemsHtml(plan.problems)}
<section aria-labelledby="changes">
<h2 id="changes">Changes</h2>
${shown.length === 0 ? html`<p class="quiet">${planFails(plan) ? 'No change could be planned.' : 'Nothing would change.'}</p>` : ''}
${shown.map((change, index) => changeHtml(change, { id: `change-${index + 1}`, unfolded: change.danger !== undefined || (change.action !== 'no-op' && shown.length <= unfoldedChanges), isDeployment: plan.head === plan.base }))}
${unchangedHtml(unchanged)}
</section>
${factsHtml(plan)}
</main>`,
    ),
  );
}

/** Something to show beyond the name. */
function hasFields(change: Change): boolean {
  return change.action !== 'no-op' || hasDiff(change);
}

function countsHtml(plan: Plan): Html {
  const counts = countChanges(plan);
  if (totalOf(counts) === 0)
    return html`<p class="counts"><span class="count">${planFails(plan) ? 'no change could be planned' : 'changes nothing'}</span></p>`;
  const actions = (['delete', 'replace', 'update', 'create'] as const).filter((action) => counts[action] > 0);
  return html`<ul class="counts" aria-label="Objects by action">${actions.map(
    (action) => html`<li class="count ${action}"><b>${counts[action]}</b> ${action}</li>`,
  )}</ul>`;
}

function ambiguityHtml(): Html {
  return html`<p class="box note"><b>This may not be the plan that you look for.</b> A digest stands for effects, and plans without any share one, whatever their target.
Below is the one that was saved last.</p>`;
}

function verdictHtml(plan: Plan): Html {
  const kind = planKindText(plan);
  return html`${planFails(plan) ? html`<p class="box danger"><b>This plan ${plan.complete ? 'failed' : 'is incomplete'}.</b> It keeps the gate shut and is never applied.</p>` : ''}
${kind === undefined ? '' : html`<p class="box note">${kind}</p>`}`;
}

function commitsHtml({ head, base }: Plan): Html {
  const short = (sha: string) => html`<code title="${sha}">${sha.slice(0, shortDigits)}</code>`;
  if (head === base) return html`<p class="commits">Commit ${short(head)}</p>`;
  return html`<p class="commits">Commit ${short(head)} merged into base ${short(base)}</p>`;
}

function destructionHtml(changes: readonly Change[]): Html | string {
  const destructive = changes.flatMap((change, index) =>
    change.danger === undefined ? [] : [{ change, danger: change.danger, id: `change-${index + 1}` }],
  );
  if (destructive.length === 0) return '';
  return html`<section class="box danger" aria-labelledby="destructive">
<h2 id="destructive">${plural(destructive.length, 'destructive change')}</h2>
<ul>${destructive.map(({ change, danger, id }) => html`<li><a href="#${id}">${visible(identityText(change.object))}</a>: ${visible(danger)}</li>\n`)}</ul>
</section>`;
}

function problemsHtml(problems: readonly Problem[]): Html | string {
  if (problems.length === 0) return '';
  const sorted = problems.toSorted(
    (left, right) => Number(right.severity === 'error') - Number(left.severity === 'error'),
  );
  return html`<section aria-labelledby="problems">
<h2 id="problems">Problems</h2>
<ul class="problems">${sorted.map(
    ({ severity, message, position }) => html`<li class="${severity}"><span class="badge ${severity}">${severity}</span>
${position === undefined ? '' : html`<code class="place">${visible(position.path)}:${position.line}:${position.column}</code>`}
<span class="message">${visibleLines(message).join('\n')}</span></li>`,
  )}</ul>
</section>`;
}

function unchangedHtml(changes: readonly Change[]): Html | string {
  if (changes.length === 0) return '';
  return html`<details class="change no-op"><summary><span class="badge no-op">no change</span> <span class="name">${plural(changes.length, 'object')} ${changes.length === 1 ? 'stays as it is' : 'stay as they are'}</span></summary>
<ul class="unchanged">${changes.map(
    ({ object, notes, write }) =>
      html`<li><code>${visible(identityText(object))}</code>${write ? html` <span class="quiet">written nevertheless, so that its fields belong to this target</span>` : ''}${notes.map((note) => html`<br><span class="quiet">${visible(note)}</span>`)}</li>\n`,
  )}</ul></details>`;
}

function factsHtml(plan: Plan): Html {
  const facts: readonly (readonly [string, Html | string])[] = [
    ['Digest', html`<code>${plan.digest}</code>`],
    ['Target', html`<code>${visible(plan.target)}</code>`],
    [
      'Cluster',
      html`<code>${visible(plan.cluster.name)}</code> ${plan.cluster.uid === undefined ? '(not asked: planned without a cluster)' : html`<code class="quiet">${visible(plan.cluster.uid)}</code>`}`,
    ],
    ['Kind', plan.kind],
    ...(plan.head === plan.base
      ? [['Commit', html`<code>${plan.head}</code>`] as const]
      : [
          ['Commit', html`<code>${plan.head}</code>, merged into the base for this plan`] as const,
          ['Base', html`<code>${plan.base}</code>`] as const,
        ]),
    ['Tree', html`<code>${plan.tree}</code>`],
    [
      'Objects',
      `${plan.rendered.toLocaleString('en-US')} rendered, ${plan.owned.toLocaleString('en-US')} owned before`,
    ],
  ];
  return html`<section aria-labelledby="facts">
<h2 id="facts">What was planned</h2>
<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>\n`)}</dl>
</section>`;
}
