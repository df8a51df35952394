import type { Leaves } from './leaves.ts';
import type { ObjectFacts } from './object-facts.ts';
import { otherTool } from './other-tools.ts';
import type { FieldConflict } from './prediction.ts';
import { sortConflicts } from './take-fields.ts';

/** What is said beside a change that is no difference of fields: who owned them, and who might want them back. */
export function objectNotes(facts: ObjectFacts, abandoned: Leaves): readonly string[] {
  if (facts.merge === undefined) return [];
  return [
    ...facts.merge.notes,
    ...facts.notes,
    ...takenNotes(facts),
    ...clientSideNotes(facts, abandoned),
    ...adoptionNotes(facts),
    ...otherToolNotes(facts),
  ];
}

function takenNotes(facts: ObjectFacts): readonly string[] {
  if (facts.prediction?.kind !== 'conflict' || facts.takenBack?.kind !== 'applied') return [];
  const { drifted, taken } = sortConflicts(facts, facts.prediction.conflicts);
  return [
    ...(drifted.length > 0 ? ['changed by hand since it was deployed; applying takes the fields back'] : []),
    ...fieldsByManager(taken).map(
      ([manager, fields]) => `takes ${fields.join(', ')} from ${manager}, as the stack's \`force_conflicts\` allows`,
    ),
  ];
}

function clientSideNotes({ clientSide }: ObjectFacts, abandoned: Leaves): readonly string[] {
  if (clientSide === undefined) return [];
  const fields = [...abandoned.byPath.keys()].sort();
  const goes = fields.length === 0 ? '' : `; what is no longer rendered goes: ${fields.join(', ')}`;
  return [
    `was applied client-side until now (${clientSide.managers.join(', ')}); its fields become Planwright's${goes}`,
  ];
}

function adoptionNotes(facts: ObjectFacts): readonly string[] {
  if (facts.live.kind !== 'found' || facts.member) return [];
  if (facts.moved?.kind === 'from')
    return [`moved from ${facts.moved.target}: it becomes this target's as it is, and is not deleted there`];
  return ["adopted: it is on the cluster already and becomes this target's"];
}

function otherToolNotes({ live }: ObjectFacts): readonly string[] {
  const other = live.kind === 'found' ? otherTool(live.object) : undefined;
  return other === undefined
    ? []
    : [`${other.tool} keeps it too (${other.mark}); let it go there, or the two undo each other's changes`];
}

/** The way out of a conflict that may not be taken. */
export function conflictAdvice(facts: ObjectFacts, conflicts: readonly FieldConflict[]): string {
  const managers = fieldsByManager(sortConflicts(facts, conflicts).taken)
    .map(([manager]) => manager)
    .join(', ');
  return `take the fields out of the manifest, list them under the stack's \`ignore\`, or take them over with \`force_conflicts: [${managers}]\``;
}

export function conflictText(conflicts: readonly FieldConflict[]): string {
  return fieldsByManager(conflicts)
    .map(([manager, fields]) => `${manager} owns ${fields.join(', ')}`)
    .join('; ');
}

/** Sorted: the API server names them in any order. */
function fieldsByManager(conflicts: readonly FieldConflict[]): readonly (readonly [string, readonly string[]])[] {
  const byManager = new Map<string, string[]>();
  for (const { manager, field } of conflicts)
    byManager.set(manager, [...(byManager.get(manager) ?? []), field.replace(/^\./, '')]);
  return [...byManager]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([manager, fields]) => [manager, fields.toSorted()]);
}
