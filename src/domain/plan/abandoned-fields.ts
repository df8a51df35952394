import { type JsonObject, sameJson } from '../json.ts';
import { partOfLabel } from './applyset.ts';
import { isMigrated } from './client-side-apply.ts';
import { coversField } from './field-pattern.ts';
import {
  type FieldTree,
  fieldsWithout,
  fieldTree,
  holdsAll,
  noFields,
  ownsField,
  unionFields,
  withoutAbandoned,
} from './field-tree.ts';
import { type Leaf, type Leaves, leavesOf } from './leaves.ts';
import { isOwnEntry, managedEntries } from './managed-fields.ts';
import type { ObjectFacts } from './object-facts.ts';

/** What applying an object takes away from it. */
export interface Abandonment {
  /** The object as it will be; undefined while no API server has said it. */
  readonly predicted: JsonObject | undefined;
  /** Of the live object: Planwright owns the value, nobody keeps it, and it is not rendered any more. */
  isAbandoned(leaf: Leaf): boolean;
  /** Items of lists and maps that go as a whole. */
  readonly containers: ReadonlySet<string>;
}

/**
 * Fields that Planwright owns go when it stops sending them, also where no commit that is known here ever rendered them: kubectl did, or another
 * target, or a deployment that nobody remembers. A dry-run shows that, except for what becomes ours only at the apply: its answer is put right here.
 *
 * @param leaves without the fields that the stack ignores
 */
export function abandonment(
  facts: ObjectFacts,
  leaves: { readonly live: Leaves | undefined; readonly merge: Leaves | undefined },
): Abandonment {
  const { live, clientSide } = facts;
  const answer = facts.takenBack ?? facts.prediction;
  const predicted = answer?.kind === 'applied' ? answer.object : undefined;
  const nothingGoes: Abandonment = { predicted, isAbandoned: () => false, containers: new Set() };
  if (live.kind !== 'found' || leaves.live === undefined || leaves.merge === undefined) return nothingGoes;

  const entries = managedEntries(live.object);
  const ours = entries.find((entry) => isOwnEntry(entry) && entry.apiVersion === facts.merge?.content['apiVersion']);
  const owned = clientSide?.own ?? ours?.fields ?? noFields;
  const own =
    facts.ignored.length === 0 ? owned : fieldsWithout(owned, (segments) => coversField(facts.ignored, segments));
  const sent = unionFields(fieldTree(leaves.merge), ownership);
  if (holdsAll(sent, own)) return nothingGoes;
  const others = entries.filter((entry) => !isOwnEntry(entry) && !isMigrated(entry.manager, clientSide));
  const kept = others.reduce((all, { fields }) => unionFields(all, fields), sent);
  const left = leavesOf(withoutAbandoned(live.object, own, kept), facts.schema);
  return {
    predicted: predicted === undefined || clientSide === undefined ? predicted : withoutAbandoned(predicted, own, kept),
    isAbandoned: (leaf) =>
      leaf.kind === 'value' &&
      ownsField(own, leaf.segments) &&
      !sameJson(left.byPath.get(leaf.path)?.value, leaf.value),
    containers: new Set([...leaves.live.containers].filter((path) => !left.containers.has(path))),
  };
}

const ownership: FieldTree = { 'f:metadata': { 'f:labels': { [`f:${partOfLabel}`]: noFields } } };
