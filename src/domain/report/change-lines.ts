import { identityText } from '../manifest/rendered-object.ts';
import type { Change, Confidence, Difference } from '../plan/plan.ts';
import { plural } from './change-words.ts';
import type { Detail } from './detail.ts';
import { diffLines } from './diff-lines.ts';
import { differenceLines, fieldLine, removedFieldLine } from './value-lines.ts';
import { visible } from './visible-text.ts';

/**
 * One object's change as lines for a `diff` block: a `@@` line that names it, `!` for what destroys, `#` for what is said about it, then its diff.
 * Every line is visible text.
 */
export function changeLines(change: Change, detail: Detail): readonly string[] {
  const name = `${change.action} ${identityText(change.object)}${groupText(change.object.group)}`;
  return [
    `@@ ${visible(name)} @@`,
    ...(change.danger === undefined ? [] : [`! destructive: ${visible(change.danger)}`]),
    ...confidenceLines(change.confidence),
    ...change.notes.map((note) => `# ${visible(note)}`),
    ...movedLines(change, detail),
  ];
}

/** What moves, then what only the server would change. */
export function movedLines({ action, diff, differences }: Change, detail: Detail): readonly string[] {
  const server = differences.filter((difference) => difference.origin.kind === 'server');
  const own = diff === undefined ? earlierLines(action, differences, detail) : diffLines(diff, action, detail);
  return [...own, ...serverFields(server, detail)];
}

/** Plans that were stored before they held a diff. */
function earlierLines(action: Change['action'], differences: readonly Difference[], detail: Detail): readonly string[] {
  return action === 'delete' && Number.isFinite(detail.deletedLines)
    ? deletedFields(differences, detail)
    : fieldsByOrigin(differences, detail);
}

/** Only groups that are not Kubernetes' own tell a reader anything. */
function groupText(group: string): string {
  return !group.includes('.') || group.endsWith('.k8s.io') ? '' : ` (${group})`;
}

function confidenceLines(confidence: Confidence): readonly string[] {
  switch (confidence.level) {
    case 'server':
      return [];
    case 'schema':
      return [`# less sure, checked against the schema only: ${visible(confidence.reason)}`];
    case 'rendered':
      return [`# unsure, shown as rendered, not checked: ${visible(confidence.reason)}`];
  }
}

function deletedFields(differences: readonly Difference[], detail: Detail): readonly string[] {
  const shown = differences.slice(0, detail.deletedLines);
  const hidden = differences.length - shown.length;
  return [
    ...shown.map((difference) => removedFieldLine(difference, detail)),
    ...(hidden === 0 ? [] : [`- … and ${plural(hidden, 'more field')}`]),
  ];
}

function fieldsByOrigin(differences: readonly Difference[], detail: Detail): readonly string[] {
  const own = differences.filter((difference) => difference.origin.kind === 'this');
  const pending = groupByPulls(differences);
  const drift = differences.filter((difference) => difference.origin.kind === 'drift');
  return [
    ...own.flatMap((difference) => differenceLines(difference, detail)),
    ...[...pending].flatMap(([pulls, moves]) => [
      `# pending (${pulls}): merged before this, not yet deployed`,
      ...moves.flatMap((difference) => differenceLines(difference, detail)),
    ]),
    ...(drift.length === 0 ? [] : ['# drift: changed on the cluster since the last deployment; this puts it back']),
    ...drift.flatMap((difference) => differenceLines(difference, detail)),
  ];
}

function groupByPulls(differences: readonly Difference[]): ReadonlyMap<string, readonly Difference[]> {
  const groups = new Map<string, Difference[]>();
  for (const difference of differences) {
    if (difference.origin.kind !== 'pending') continue;
    const pulls = difference.origin.pulls.map((pull) => `#${pull}`).join(', ');
    const group = groups.get(pulls);
    if (group === undefined) groups.set(pulls, [difference]);
    else group.push(difference);
  }
  return groups;
}

function serverFields(differences: readonly Difference[], detail: Detail): readonly string[] {
  if (differences.length === 0) return [];
  const shown = differences.slice(0, detail.serverFields);
  const hidden = differences.length - shown.length;
  return [
    '# set by the server; not part of what is approved',
    ...shown.map((difference) => `# ${fieldLine(difference, detail)}`),
    ...(hidden === 0 ? [] : [`#   … and ${plural(hidden, 'more field')}`]),
  ];
}
