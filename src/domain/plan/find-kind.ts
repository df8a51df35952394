import { apiVersionOf, type PlacedObject } from './place-objects.ts';
import type { KindCatalog, ObjectAddress } from './prediction.ts';

export type FoundAddress =
  | { readonly kind: 'found'; readonly address: ObjectAddress }
  | { readonly kind: 'unserved' }
  /** The plan took the kind for one with (or without) namespaces, and held it against the stack's bounds as such: it is the other. */
  | { readonly kind: 'other-scope'; readonly namespaced: boolean };

/** Where an object is, by what the cluster serves now: its kind may have appeared since it was planned. */
export function findKind(catalog: KindCatalog, object: Pick<PlacedObject, 'identity' | 'content'>): FoundAddress {
  const { identity, content } = object;
  const kind = catalog.kinds.find(
    (served) => served.kind === identity.kind && apiVersionOf(served) === content['apiVersion'],
  );
  if (kind === undefined) return { kind: 'unserved' };
  const { namespace, name } = identity;
  if (kind.namespaced !== (namespace !== undefined)) return { kind: 'other-scope', namespaced: kind.namespaced };
  return { kind: 'found', address: { kind, ...(namespace === undefined ? {} : { namespace }), name } };
}
