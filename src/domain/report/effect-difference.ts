import { identityKey, type ObjectIdentity } from '../manifest/rendered-object.ts';
import { type Effect, type EffectAction, fieldKey, type Move, sameValue } from '../plan/effect.ts';

/** What keeps a plan from being covered, as the decision about it found; see `coverage`. */
export interface Uncovered {
  /** Would be moved, without (enough) approval. */
  readonly unapproved: readonly Move[];
  /** Approved, not live, and would not happen. */
  readonly missing: readonly Move[];
}

/** One field whose move differs from what was approved. */
export type FieldDifference =
  | { readonly kind: 'unapproved'; readonly path: string; readonly now: Move; readonly approved: readonly Effect[] }
  /** Approved as it is, but not by as many people as are needed. */
  | { readonly kind: 'too-few'; readonly path: string; readonly now: Move }
  | { readonly kind: 'missing'; readonly path: string; readonly approved: Move };

export interface ObjectDifference {
  readonly object: ObjectIdentity;
  readonly action: EffectAction;
  readonly fields: readonly FieldDifference[];
}

/** The difference between what was approved and what would happen now, object by object. */
export function differenceToApproved(uncovered: Uncovered, approved: readonly Effect[]): readonly ObjectDifference[] {
  const steps = groupBy(approved, fieldKey);
  const fields: readonly (readonly [Move, FieldDifference])[] = [
    ...uncovered.unapproved.map((move) => [move, unapprovedField(move, steps.get(fieldKey(move)) ?? [])] as const),
    ...uncovered.missing.map((move) => [move, { kind: 'missing', path: move.path, approved: move }] as const),
  ];
  return [...groupBy(fields, ([move]) => identityKey(move.object)).values()].flatMap((entries) => {
    const [first] = entries;
    return first === undefined
      ? []
      : [{ object: first[0].object, action: first[0].action, fields: entries.map(([, field]) => field) }];
  });
}

function unapprovedField(now: Move, approved: readonly Effect[]): FieldDifference {
  const isApproved = approved.some(
    (step) => step.action === now.action && sameValue(step.before, now.before) && sameValue(step.after, now.after),
  );
  return isApproved ? { kind: 'too-few', path: now.path, now } : { kind: 'unapproved', path: now.path, now, approved };
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
