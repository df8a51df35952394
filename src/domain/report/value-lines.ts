import { structuredPatch } from 'diff';
import { shortLine, shortPair } from '../plan/line-window.ts';
import type { Difference, ShownValue } from '../plan/plan.ts';
import { plural } from './change-words.ts';
import type { Detail } from './detail.ts';
import { visible, visibleLines } from './visible-text.ts';

/** Beyond this many changed lines two texts have little in common, and comparing them costs the product of their lengths. */
const maxChangedLines = 1_000;
const unchangedLines = 2;
const secretText = 'changed (secret)';

/** One field's move as lines of a unified diff: `- path: before`, `+ path: after`; texts of several lines are compared line by line. */
export function differenceLines(difference: Difference, detail: Detail): readonly string[] {
  const { before, after } = difference;
  const path = visible(difference.path);
  if (before.kind === 'secret' && after.kind === 'secret') return [`! ${path}: ${secretText}`];
  if (before.kind === 'text' && after.kind === 'text') {
    if (before.text.includes('\n') || after.text.includes('\n'))
      return [`  ${path}:`, ...textDifference(before.text, after.text, detail)];
    const [from, to] = shortPair(visible(before.text), visible(after.text), detail.lineCharacters);
    return [`- ${path}: ${from}`, `+ ${path}: ${to}`];
  }
  return [...sideLines('-', path, before, detail), ...sideLines('+', path, after, detail)];
}

/** A field on one line, without a sign: for fields that are only told. */
export function fieldLine(difference: Difference, detail: Detail): string {
  const { after } = difference;
  const path = visible(difference.path);
  if (after.kind === 'text') return `  ${path}: ${firstLine(after.text, detail)}`;
  return after.kind === 'secret' ? `  ${path}: ${secretText}` : `  ${path}: removed`;
}

/** A field that goes with its object, on one line. */
export function removedFieldLine(difference: Difference, detail: Detail): string {
  const { before } = difference;
  const path = visible(difference.path);
  if (before.kind === 'text') return `- ${path}: ${firstLine(before.text, detail)}`;
  return before.kind === 'secret' ? `- ${path}: ${secretText}` : `- ${path}`;
}

function sideLines(sign: '-' | '+', path: string, value: ShownValue, detail: Detail): readonly string[] {
  switch (value.kind) {
    case 'absent':
      return [];
    case 'secret':
      return [`${sign} ${path}: ${secretText}`];
    case 'text': {
      if (!value.text.includes('\n'))
        return [`${sign} ${path}: ${shortLine(visible(value.text), detail.lineCharacters)}`];
      return [
        `${sign} ${path}:`,
        ...visibleLines(value.text).map((line) => `${sign}     ${shortLine(line, detail.lineCharacters)}`),
      ];
    }
  }
}

function textDifference(before: string, after: string, detail: Detail): readonly string[] {
  const isOpen = !before.endsWith('\n') && !after.endsWith('\n');
  const end = isOpen ? '\n' : '';
  const patch = structuredPatch('', '', before + end, after + end, '', '', {
    context: unchangedLines,
    maxEditLength: maxChangedLines,
  });
  if (patch === undefined) {
    return [
      ...visibleLines(before).map((line) => `-     ${shortLine(line, detail.lineCharacters)}`),
      ...visibleLines(after).map((line) => `+     ${shortLine(line, detail.lineCharacters)}`),
    ];
  }
  return patch.hunks.flatMap((hunk, index) => {
    const start = hunk.oldStart > 1 || index > 0 ? [`      ⋮ line ${hunk.newStart}`] : [];
    return [...start, ...hunk.lines.map((line, at) => hunkLine(line, hunk.lines[at + 1], hunk.lines[at - 1], detail))];
  });
}

function hunkLine(line: string, next: string | undefined, previous: string | undefined, detail: Detail): string {
  if (line.startsWith('\\')) return '      (no line break at the end)';
  const text = visibleHunkText(line);
  if (line.startsWith('-') && next?.startsWith('+'))
    return `-     ${shortPair(text, visibleHunkText(next), detail.lineCharacters)[0]}`;
  if (line.startsWith('+') && previous?.startsWith('-'))
    return `+     ${shortPair(visibleHunkText(previous), text, detail.lineCharacters)[1]}`;
  return `${line.slice(0, 1)}     ${shortLine(text, detail.lineCharacters)}`;
}

function visibleHunkText(line: string): string {
  return visibleLines(line.slice(1)).join('');
}

function firstLine(text: string, detail: Detail): string {
  const lines = visibleLines(text);
  const first = shortLine(lines[0] ?? '', detail.lineCharacters);
  return lines.length > 1 ? `${first} … (${plural(lines.length, 'line')})` : first;
}
