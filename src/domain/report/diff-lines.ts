import { shortLine, shortLines } from '../plan/line-window.ts';
import type { ChangeAction, Hunk, LineOrigin, ObjectDiff, Origin, OriginStep, ShownValue } from '../plan/plan.ts';
import { plural } from './change-words.ts';
import type { Detail } from './detail.ts';
import { visible, visibleLines } from './visible-text.ts';

const stepValueCharacters = 80;

/**
 * An object's diff as lines of visible text: hunks, each under a `@@` line with the path of what moves, and `#` lines that say whose doing the lines
 * below them are. A line of the object begins with its sign and a space, so that none can look like one of these.
 */
export function diffLines(diff: ObjectDiff, action: ChangeAction, detail: Detail): readonly string[] {
  const lines: string[] = [];
  let [hidden, left] = [diff.hidden?.lines ?? 0, action === 'delete' ? detail.deletedLines : detail.diffLines];
  const hiddenPaths: string[] = [];
  for (const hunk of diff.hunks) {
    const shown = hunk.lines.slice(0, Math.max(0, left));
    left -= hunk.lines.length;
    hidden += hunk.lines.length - shown.length;
    if (shown.length === 0 && hunk.lines.length > 0) hiddenPaths.push(...hunk.paths);
    else lines.push(...headerLines(hunk, action), ...hunkLines(hunk, shown, detail));
  }
  if (hidden === 0) return lines;
  return [
    ...lines,
    `# … and ${plural(hidden, 'more line')}${pathsText([...hiddenPaths, ...(diff.hidden?.paths ?? [])])}`,
  ];
}

const shownHiddenPaths = 5;

function pathsText(paths: readonly string[]): string {
  const known = [...new Set(paths)];
  if (known.length === 0) return '';
  const shown = known.slice(0, shownHiddenPaths).map((path) => visible(path));
  return `, among them ${shown.join(', ')}`;
}

function hunkLines(hunk: Hunk, lines: readonly string[], detail: Detail): readonly string[] {
  const texts = shortLines(lines.map(visibleLine), detail.lineCharacters).map(withSpace);
  const result: string[] = [];
  for (let at = 0; at <= texts.length; at += 1) {
    for (const origin of hunk.origins) if (origin.at === at) result.push(`# ${originText(origin, detail.own)}`);
    const text = texts[at];
    if (text !== undefined) result.push(text);
  }
  return result;
}

/** Where the whole object comes or goes, its own line says all. */
function headerLines({ paths, morePaths, line }: Hunk, action: ChangeAction): readonly string[] {
  if (action === 'create' || action === 'delete') return [];
  const names = paths.map((path) => visible(path)).join(', ');
  const more = morePaths === 0 ? '' : ` and ${plural(morePaths, 'more field')}`;
  return [`@@ ${names}${more}${line === undefined ? '' : `, line ${line.toLocaleString('en-US')}`} @@`];
}

function visibleLine(line: string): string {
  return `${line.slice(0, 1)}${visibleLines(line.slice(1)).join('')}`;
}

/** GitHub takes `---` and `+++` at the beginning of a line for names of files. */
function withSpace(line: string): string {
  return `${line.slice(0, 1)} ${line.slice(1)}`.trimEnd();
}

function originText({ field, moved, settled, steps }: LineOrigin, own: string): string {
  const [only, ...others] = steps;
  const place = moved === undefined ? '' : 'changes places in its list';
  if (only === undefined) return place;
  if (field === undefined && others.length === 0) {
    if (place === '') return onlyStepText(only.origin, own);
    return only.origin.kind === 'this' ? place : `${place}; ${onlyStepText(only.origin, own)}`;
  }
  const way = steps.map((step) => stepText(step, own)).join(', then ');
  const end = settled === undefined ? '' : '; together they leave it as it is on the cluster';
  return `${field === undefined ? '' : `${visible(field)}: `}${way}${end}${place === '' ? '' : `; ${place}`}`;
}

function onlyStepText(origin: Origin, own: string): string {
  switch (origin.kind) {
    case 'this':
      return own;
    case 'pending':
      return `${originName(origin, own)}: merged before this, not yet deployed`;
    case 'drift':
      return 'drift: changed on the cluster since the last deployment; applying puts it back';
  }
}

function stepText({ origin, before, after }: OriginStep, own: string): string {
  const name = originName(origin, own);
  return before === undefined || after === undefined ? name : `${name} ${valueText(before)} → ${valueText(after)}`;
}

function originName(origin: Origin, own: string): string {
  switch (origin.kind) {
    case 'this':
      return own;
    case 'pending':
      return ['pending', origin.pulls.map((pull) => `#${pull}`).join(', ')].filter((text) => text !== '').join(' ');
    case 'drift':
      return 'drift';
  }
}

function valueText(value: ShownValue): string {
  switch (value.kind) {
    case 'absent':
      return 'absent';
    case 'secret':
      return 'secret';
    case 'text':
      return value.text === '' ? '(empty)' : shortLine(visible(value.text), stepValueCharacters);
  }
}
