import { isJsonObject, type JsonObject } from '../json.ts';
import { type ApplySet, partOfLabel } from './applyset.ts';
import { coversField, type FieldPattern } from './field-pattern.ts';
import type { FieldSchema } from './field-schema.ts';
import { fieldTree, ownsField, withLiveFields } from './field-tree.ts';
import { withoutIgnored } from './ignored-fields.ts';
import { type Leaf, leavesOf } from './leaves.ts';
import { ownFields } from './managed-fields.ts';

export interface SentFrom {
  /** As rendered, in its place. */
  readonly content: JsonObject;
  readonly schema: FieldSchema | undefined;
  readonly applySet: ApplySet;
  /** Fields that others own. */
  readonly ignored: readonly FieldPattern[];
  /** What there is on the cluster, and what becomes of it. */
  readonly onto:
    | { readonly kind: 'nothing' }
    | { readonly kind: 'update'; readonly live: JsonObject }
    /** It is deleted and comes again. */
    | { readonly kind: 'replacement'; readonly live: JsonObject };
}

/**
 * The object as it is sent, dry or not: the rendered fields and the ownership label in one apply. An ignored field is sent when the object is created;
 * later with its live value while Planwright owns it (a field that its owner leaves out goes, or back to its default), else left out. A replacement
 * gives the rendered ones their live values, so that what others set outlives it; what is not live is left out, for no plan has shown it.
 */
export function sentObject(from: SentFrom): JsonObject {
  return withOwnership(withIgnored(from), from.applySet);
}

function withIgnored({ content, schema, ignored, onto }: SentFrom): JsonObject {
  if (ignored.length === 0 || onto.kind === 'nothing') return content;
  const { live } = onto;
  const owned = onto.kind === 'replacement' ? fieldTree(leavesOf(content, schema)) : ownFields(live);
  const isKept = (leaf: Leaf) => coversField(ignored, leaf.segments) && ownsField(owned, leaf.segments);
  const kept = [...leavesOf(live, schema).byPath].filter(([, leaf]) => isKept(leaf));
  return withLiveFields(withoutIgnored(content, schema, ignored), live, fieldTree({ byPath: new Map(kept) }));
}

function withOwnership(content: JsonObject, applySet: ApplySet): JsonObject {
  const metadata = isJsonObject(content['metadata']) ? content['metadata'] : {};
  const labels = isJsonObject(metadata['labels']) ? metadata['labels'] : {};
  return { ...content, metadata: { ...metadata, labels: { ...labels, [partOfLabel]: applySet.id } } };
}
