import { html } from 'hono/html';
import type { Change, Confidence } from '../../domain/plan/plan.ts';
import { movedLines } from '../../domain/report/change-lines.ts';
import { plural } from '../../domain/report/change-words.ts';
import { fullDetail } from '../../domain/report/detail.ts';
import { visible } from '../../domain/report/visible-text.ts';
import type { Html } from './page-frame.ts';

export interface ChangePlace {
  /** For links to it. */
  readonly id: string;
  readonly unfolded: boolean;
  /** The plan is of what was merged, not of a pull request. */
  readonly isDeployment: boolean;
}

/** One object's change, foldable: what happens, how sure that is, what is said about it, then its diff, as comments show it. */
export function changeHtml(change: Change, { id, unfolded, isDeployment }: ChangePlace): Html {
  const { object, action, danger, confidence, notes, position } = change;
  const lines = movedLines(change, isDeployment ? { ...fullDetail, own: 'this commit' } : fullDetail);
  return html`<details class="change ${action}" id="${id}" ${unfolded ? 'open' : ''}>
<summary><span class="badge ${action}">${action}</span> <h3 class="name">${visible(object.kind)} <b>${object.namespace === undefined ? '' : `${visible(object.namespace)}/`}${visible(object.name)}</b></h3>
<span class="aside">${danger === undefined ? '' : html`<span class="badge danger">destructive</span>`} ${confidence.level === 'server' ? '' : html`<span class="badge unsure">${confidenceWord(confidence)}</span>`} ${plural(new Set(change.differences.map(({ path }) => path)).size, 'field')}</span></summary>
<div class="body">
<dl class="said">
${danger === undefined ? '' : said('Destructive', visible(danger))}
${said('Confidence', confidenceText(confidence))}
${object.group === '' ? '' : said('API group', visible(object.group))}
${position === undefined ? '' : said('Written in', html`<code>${visible(position.path)}:${position.line}</code>`)}
${notes.map((note) => said('Note', visible(note)))}
</dl>
${lines.length === 0 ? '' : html`<pre class="diff">${lines.map(lineHtml)}</pre>`}
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

/** The sign stays, so that nothing depends on colour, and the line breaks are text, for whoever copies or reads without styles. */
function lineHtml(line: string): Html {
  if (line.startsWith('-')) return html`<del>${line}</del>\n`;
  if (line.startsWith('+')) return html`<ins>${line}</ins>\n`;
  if (line.startsWith('!')) return html`<em>${line}</em>\n`;
  if (line.startsWith('@@')) return html`<b>${line}</b>\n`;
  if (line.startsWith('#')) return html`<i>${line}</i>\n`;
  return html`<span>${line}</span>\n`;
}
