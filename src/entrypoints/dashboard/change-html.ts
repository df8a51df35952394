import { html } from 'hono/html';
import type { Change, Confidence, Difference } from '../../domain/plan/plan.ts';
import { plural } from '../../domain/report/change-words.ts';
import { fullDetail } from '../../domain/report/detail.ts';
import { differenceLines } from '../../domain/report/value-lines.ts';
import { visible } from '../../domain/report/visible-text.ts';
import type { Html } from './page-frame.ts';

export interface ChangePlace {
  /** For links to it. */
  readonly id: string;
  readonly unfolded: boolean;
  /** The plan is of what was merged, not of a pull request. */
  readonly isDeployment: boolean;
}

/** One object's change, foldable: what happens, how sure that is, what is said about it, then its fields by where their move comes from. */
export function changeHtml(change: Change, { id, unfolded, isDeployment }: ChangePlace): Html {
  const { object, action, danger, confidence, notes, position } = change;
  return html`<details class="change ${action}" id="${id}" ${unfolded ? 'open' : ''}>
<summary><span class="badge ${action}">${action}</span> <h3 class="name">${visible(object.kind)} <b>${object.namespace === undefined ? '' : `${visible(object.namespace)}/`}${visible(object.name)}</b></h3>
<span class="aside">${danger === undefined ? '' : html`<span class="badge danger">destructive</span>`} ${confidence.level === 'server' ? '' : html`<span class="badge unsure">${confidenceWord(confidence)}</span>`} ${plural(change.differences.length, 'field')}</span></summary>
<div class="body">
<dl class="said">
${danger === undefined ? '' : said('Destructive', visible(danger))}
${said('Confidence', confidenceText(confidence))}
${object.group === '' ? '' : said('API group', visible(object.group))}
${position === undefined ? '' : said('Written in', html`<code>${visible(position.path)}:${position.line}</code>`)}
${notes.map((note) => said('Note', visible(note)))}
</dl>
${fieldGroups(change.differences, isDeployment).map(
  ({
    title,
    explanation,
    differences,
    kind,
  }) => html`<h4 class="origin ${kind}">${title}${explanation === '' ? '' : html` <span class="quiet">${explanation}</span>`}</h4>
<pre class="diff ${kind}">${differences.flatMap((difference) => differenceLines(difference, fullDetail)).map(lineHtml)}</pre>`,
)}
</div>
</details>
`;
}

function said(name: string, value: Html | string): Html {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>\n`;
}

function confidenceWord({ level }: Confidence): string {
  return { server: 'server-validated', schema: 'schema-validated', rendered: 'rendered only' }[level];
}

function confidenceText(confidence: Confidence): string {
  switch (confidence.level) {
    case 'server':
      return 'server-validated: the cluster itself said what would happen';
    case 'schema':
      return `schema-validated, less sure: ${visible(confidence.reason)}`;
    case 'rendered':
      return `rendered only, unsure: ${visible(confidence.reason)}`;
  }
}

interface FieldGroup {
  readonly kind: Difference['origin']['kind'];
  readonly title: string;
  readonly explanation: string;
  readonly differences: readonly Difference[];
}

function fieldGroups(differences: readonly Difference[], isDeployment: boolean): readonly FieldGroup[] {
  const groups = new Map<string, FieldGroup & { readonly differences: Difference[] }>();
  for (const difference of differences) {
    const heading = headingOf(difference.origin, isDeployment);
    const group = groups.get(heading.title);
    if (group === undefined) groups.set(heading.title, { ...heading, differences: [difference] });
    else group.differences.push(difference);
  }
  const order = { this: 0, pending: 1, drift: 2, server: 3 };
  return [...groups.values()].sort((left, right) => order[left.kind] - order[right.kind]);
}

function headingOf(origin: Difference['origin'], isDeployment: boolean): Omit<FieldGroup, 'differences'> {
  switch (origin.kind) {
    case 'this':
      return { kind: 'this', title: isDeployment ? 'This commit' : 'This pull request', explanation: '' };
    case 'pending': {
      const pulls = origin.pulls.map((pull) => `#${pull}`).join(', ');
      return {
        kind: 'pending',
        title: pulls === '' ? 'Pending' : `Pending ${pulls}`,
        explanation: 'merged before this, not yet deployed',
      };
    }
    case 'drift':
      return {
        kind: 'drift',
        title: 'Drift',
        explanation: 'changed on the cluster since the last deployment; applying puts it back',
      };
    case 'server':
      return { kind: 'server', title: 'Set by the server', explanation: 'not part of what is approved' };
  }
}

/** The sign stays, so that nothing depends on colour, and the line breaks are text, for whoever copies or reads without styles. */
function lineHtml(line: string): Html {
  if (line.startsWith('-')) return html`<del>${line}</del>\n`;
  if (line.startsWith('+')) return html`<ins>${line}</ins>\n`;
  if (line.startsWith('!')) return html`<em>${line}</em>\n`;
  return html`<span>${line}</span>\n`;
}
