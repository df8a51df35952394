import type { Cause } from './cause.ts';
import type { FieldSet } from './field-set.ts';
import {
  describePaths,
  difference,
  emptyFieldSet,
  equalSets,
  fieldSet,
  intersection,
  isEmptySet,
  union,
  withoutSubtrees,
} from './field-set.ts';
import type { JsonMap } from './json.ts';
import { mapOf } from './json.ts';
import type { Manager, ManagerIdentity, Managers } from './managed-fields.ts';
import { managerKey } from './managed-fields.ts';
import type { StructType } from './schema.ts';
import { compareValues, fieldSetOf, mergeValues, removePaths, withNamedFields } from './typed-value.ts';

/** What nobody owns: identity, what the server writes, and the status that other requests write. */
const neverOwned: FieldSet = fieldSet(
  ['f:apiVersion', 'f:kind'],
  [
    [
      'f:metadata',
      fieldSet(
        [
          'name',
          'namespace',
          'uid',
          'resourceVersion',
          'generation',
          'creationTimestamp',
          'selfLink',
          'managedFields',
        ].map((field) => `f:${field}`),
        [],
      ),
    ],
  ],
);
const status: FieldSet = fieldSet(['f:status'], []);
const allButStatus: FieldSet = fieldSet(['f:spec'], []);

function ownable(fields: FieldSet, subresource: string): FieldSet {
  const resetByTheServer = subresource === 'status' ? allButStatus : status;
  const { members, children } = withoutSubtrees(withoutSubtrees(fields, neverOwned), resetByTheServer);
  return fieldSet(
    [...members].filter((element) => element !== 'f:metadata'),
    [...children],
  );
}

interface Change {
  readonly live: JsonMap;
  readonly managers: Managers;
  readonly by: ManagerIdentity;
  readonly type: StructType;
  /** RFC 3339, whole seconds. */
  readonly now: string;
}

/** Fields that an apply would take from others. */
export interface FieldConflict {
  readonly manager: Manager;
  readonly fields: FieldSet;
}

export type ApplyOutcome =
  | { readonly kind: 'conflicts'; readonly conflicts: readonly FieldConflict[] }
  | { readonly kind: 'applied'; readonly object: JsonMap; readonly managers: Managers };

/**
 * Server-side apply: lays the configuration over the live object, removes what this manager applied before and nobody
 * owns any more, and refuses to change what others own unless it is told to.
 * Source: the field management rules of https://kubernetes.io/docs/reference/using-api/server-side-apply/.
 */
export function applyConfiguration(
  change: Change & { readonly configuration: JsonMap; readonly isForced: boolean },
): ApplyOutcome {
  const { live, configuration, by, type, now, isForced } = change;
  const key = managerKey(by);
  const before = change.managers.get(key);
  const claimed = fieldSetOf(configuration, type);
  const applied = ownable(claimed, by.subresource);
  const managers = new Map(change.managers);
  managers.set(key, { ...by, time: now, fields: applied });

  const merged = mapOf(mergeValues(live, configuration, type));
  const owned = [...change.managers].filter(([otherKey]) => otherKey !== key).map(([, { fields }]) => fields);
  const object =
    before === undefined
      ? merged
      : removeAbandoned({ merged, abandonedBy: before.fields, kept: [...owned, claimed], type });

  const { added, removed, modified } = compareValues(live, object, type);
  const changed = union(added, modified);
  const others = [...managers].filter(([otherKey]) => otherKey !== key);
  const conflicts = others
    .map(([, manager]) => ({ manager, fields: intersection(manager.fields, changed) }))
    .filter(({ fields }) => !isEmptySet(fields));
  if (conflicts.length > 0 && !isForced) return { kind: 'conflicts', conflicts };

  for (const [otherKey, manager] of others) {
    const left = difference(difference(manager.fields, changed), removed);
    managers.set(otherKey, { ...manager, fields: left });
  }
  const keepsItsFields = before !== undefined && equalSets(before.fields, applied);
  if (keepsItsFields && isEmptySet(union(changed, removed))) managers.set(key, before);
  return { kind: 'applied', object, managers };
}

interface Abandoned {
  readonly merged: JsonMap;
  readonly abandonedBy: FieldSet;
  /** What managers own now, and all that the configuration names, its identity included. */
  readonly kept: readonly FieldSet[];
  readonly type: StructType;
}

/** Removing an item takes what is below it along; what somebody owns, or nobody ever applied, comes back. */
function removeAbandoned({ merged, abandonedBy, kept, type }: Abandoned): JsonMap {
  const named = (fields: FieldSet): FieldSet => withNamedFields(fields, type);
  const all = named(fieldSetOf(merged, type));
  const owned = named(kept.reduce(union, emptyFieldSet));
  const missingFrom = (value: JsonMap): FieldSet => difference(all, named(fieldSetOf(value, type)));

  const pruned = mapOf(removePaths(merged, type, named(abandonedBy)));
  const withOwned = mapOf(removePaths(merged, type, difference(missingFrom(pruned), owned)));
  return mapOf(removePaths(merged, type, intersection(missingFrom(withOwned), named(abandonedBy))));
}

/**
 * Any other write: what it added or changed belongs to its manager from now on and is taken from everybody else.
 * Nothing is recorded on an object that nobody has ever owned anything of, unless it is being created.
 */
export function recordUpdate(change: Change & { readonly updated: JsonMap; readonly isCreated: boolean }): Managers {
  const { live, updated, by, type, now, isCreated } = change;
  if (!isCreated && change.managers.size === 0) return change.managers;
  const { added, removed, modified } = compareValues(live, updated, type);
  const changed = ownable(union(added, modified), by.subresource);
  const key = managerKey(by);
  const managers = new Map(change.managers);
  for (const [otherKey, manager] of managers) {
    const taken = otherKey === key ? removed : union(changed, removed);
    managers.set(otherKey, { ...manager, fields: difference(manager.fields, taken) });
  }
  if (isEmptySet(changed)) return managers;
  const held = managers.get(key)?.fields ?? emptyFieldSet;
  managers.set(key, { ...by, time: now, fields: union(held, changed) });
  return managers;
}

/** What stood in an object before its first apply belongs to a manager of that name, so that it is not lost. */
export function ownershipBeforeFirstApply(
  change: Omit<Change, 'managers' | 'by'> & { zero: JsonMap; apiVersion: string },
): Managers {
  const { live, type, now, zero, apiVersion } = change;
  const by: ManagerIdentity = { manager: 'before-first-apply', operation: 'Update', apiVersion, subresource: '' };
  return recordUpdate({ live: zero, updated: live, managers: new Map(), by, type, now, isCreated: true });
}

const describeManager = ({ manager, operation, apiVersion, subresource }: Manager): string => {
  const through = subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  return JSON.stringify(manager) + through + (operation === 'Apply' ? '' : ` using ${apiVersion}`);
};

/** The conflicts as `details.causes` and message of the answer. */
export function describeConflicts(conflicts: readonly FieldConflict[]): { message: string; causes: readonly Cause[] } {
  const groups = conflicts
    .map(({ manager, fields }) => ({ who: describeManager(manager), paths: describePaths(fields) }))
    .sort((one, other) => (one.who < other.who ? -1 : 1));
  const causes = groups.flatMap(({ who, paths }) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${who}`, field })),
  );
  const [only] = causes;
  if (only !== undefined && causes.length === 1) {
    return { message: `Apply failed with 1 conflict: ${only.message}: ${only.field}`, causes };
  }
  const lines = groups.map(
    ({ who, paths }) => `conflicts with ${who}:\n${paths.map((path) => `- ${path}`).join('\n')}`,
  );
  return { message: `Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`, causes };
}
