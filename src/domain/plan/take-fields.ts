import { sameJson } from '../json.ts';
import { isMadeUp, isMigrated } from './client-side-apply.ts';
import { apiFieldPath } from './field-path.ts';
import { ownsField } from './field-tree.ts';
import { type Leaves, leavesOf } from './leaves.ts';
import { ownFields } from './managed-fields.ts';
import type { ObjectFacts } from './object-facts.ts';
import type { FieldConflict } from './prediction.ts';
import { valueAt } from './steps.ts';

/** Whose fields a stack may take. */
export type ForceConflicts =
  | { readonly kind: 'none' }
  | { readonly kind: 'all' }
  /** Names as `metadata.managedFields` has them, whatever they wrote with: an apply, an update, a subresource. */
  | { readonly kind: 'managers'; readonly managers: readonly string[] };

/** Whether the object may be applied by force: each field in conflict was drift of our own, is about to become ours, or is its manager's to lose. */
export function mayTakeFields(
  facts: ObjectFacts,
  conflicts: readonly FieldConflict[],
  forceConflicts: ForceConflicts,
): boolean {
  const { taken } = sortConflicts(facts, conflicts);
  return conflicts.length > 0 && taken.every(({ manager }) => isAllowed(manager, forceConflicts));
}

function isAllowed(manager: string, forceConflicts: ForceConflicts): boolean {
  switch (forceConflicts.kind) {
    case 'none':
      return false;
    case 'all':
      return true;
    case 'managers':
      return forceConflicts.managers.includes(manager);
  }
}

/** The conflicts of one answer by what makes them harmless; `taken`: nothing but the stack's `force_conflicts` could. */
export function sortConflicts(
  facts: ObjectFacts,
  conflicts: readonly FieldConflict[],
): { readonly drifted: readonly FieldConflict[]; readonly taken: readonly FieldConflict[] } {
  const isDrift = ownDrift(facts);
  const drifted: FieldConflict[] = [];
  const taken: FieldConflict[] = [];
  for (const conflict of conflicts) {
    if (isNobodys(facts, conflict)) continue;
    (isDrift(conflict) ? drifted : taken).push(conflict);
  }
  return { drifted, taken };
}

function isNobodys(facts: ObjectFacts, { manager }: FieldConflict): boolean {
  return isMigrated(manager, facts.clientSide) || (facts.live.kind === 'found' && isMadeUp(manager, facts.live.object));
}

/** Says of a conflict whether its field was set by this target's deployed commit and was changed by hand since. */
function ownDrift(facts: ObjectFacts): (conflict: FieldConflict) => boolean {
  if (facts.deployed === undefined || facts.live.kind !== 'found') return () => false;
  const deployed = leavesOf(facts.deployed.content, facts.schema);
  const live = leavesOf(facts.live.object, facts.schema);
  const own = ownFields(facts.live.object);
  const drifted = new Set<string>();
  // What is still ours nobody has changed: it only looks different (1000m is stored as 1), and who owns it too does so by right.
  for (const leaf of deployed.byPath.values())
    if (!sameJson(valueAt(live, leaf), leaf.value) && !ownsField(own, leaf.segments))
      drifted.add(apiFieldPath(leaf.segments));
  return ({ field }) => drifted.has(field) || hasDriftBelow(field, drifted, deployed);
}

/** The API names the whole list or map where it is owned as one item (`.spec.ports[port=80]`). */
function hasDriftBelow(field: string, drifted: ReadonlySet<string>, deployed: Leaves): boolean {
  if (![...deployed.byPath.values()].some((leaf) => apiFieldPath(leaf.segments).startsWith(`${field}.`))) return false;
  return [...drifted].some((path) => path.startsWith(`${field}.`));
}
