import { identityKey, type ObjectIdentity } from '../domain/manifest/rendered-object.ts';
import { type Autoscaler, autoscalerKind, autoscalerOf, isScalable } from '../domain/plan/autoscalers.ts';
import type { PlacedObject } from '../domain/plan/place-objects.ts';
import type { KindCatalog } from '../domain/plan/prediction.ts';
import type { ReadOnlyCluster } from './ports/cluster.ts';

type Placed = ReadonlyMap<string, PlacedObject>;

/** Who scales what, as far as it could be found out. */
export interface Autoscalers {
  of(object: ObjectIdentity): Autoscaler | undefined;
  /** Why the autoscalers of a namespace are not known; undefined where they are. */
  unreadable(namespace: string): string | undefined;
}

/**
 * The autoscalers of the objects that render `spec.replicas`, or did: those that are live in their namespaces, and those that are rendered beside them. A
 * cluster that does not serve the kind has none.
 */
export async function readAutoscalers(
  cluster: Pick<ReadOnlyCluster, 'list'>,
  renders: { readonly merge: Placed; readonly earlier: Placed },
  catalog: KindCatalog,
): Promise<Autoscalers> {
  const found: Autoscaler[] = [];
  const refusals = new Map<string, string>();
  for (const { content } of renders.merge.values()) {
    const autoscaler = autoscalerOf(content);
    if (autoscaler !== undefined) found.push(autoscaler);
  }
  const namespaces = new Set<string>();
  for (const { content, identity } of [...renders.merge.values(), ...renders.earlier.values()])
    if (isScalable(content) && identity.namespace !== undefined) namespaces.add(identity.namespace);
  const kind = catalog.kinds.find(
    (served) => served.group === autoscalerKind.group && served.kind === autoscalerKind.kind,
  );
  const silent = [...catalog.broken].find(([version]) => version.startsWith(`${autoscalerKind.group}/`))?.[1];
  await Promise.all(
    [...namespaces].map(async (namespace) => {
      if (kind === undefined) {
        if (silent !== undefined) refusals.set(namespace, silent);
        return;
      }
      const answer = await cluster.list(kind, { namespace });
      if (answer.kind === 'listed') found.push(...answer.items.flatMap((item) => autoscalerOf(item) ?? []));
      else if (answer.kind !== 'namespace-absent') refusals.set(namespace, answer.message);
    }),
  );
  const byTarget = new Map(found.map((autoscaler) => [identityKey(autoscaler.scales), autoscaler]));
  return {
    of: (object) => byTarget.get(identityKey(object)),
    unreadable: (namespace) => refusals.get(namespace),
  };
}
