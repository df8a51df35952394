import { identityKey, identityText } from '../domain/manifest/rendered-object.ts';
import type { ObjectFacts } from '../domain/plan/object-facts.ts';
import { apiVersionOf } from '../domain/plan/place-objects.ts';
import type { ObjectAddress } from '../domain/plan/prediction.ts';
import { StopApply } from './apply-outcome.ts';
import type { PlannedTarget } from './plan-target.ts';
import type { Cluster } from './ports/cluster.ts';

/** Where an object is on the cluster, also one of a kind that nothing served when it was planned. Rejects with StopApply. */
export async function findAddress(
  cluster: Cluster,
  planned: PlannedTarget,
  facts: ObjectFacts,
): Promise<ObjectAddress> {
  const known = planned.addresses.get(identityKey(facts.identity));
  if (known !== undefined) return known;
  // Its definition was written a moment ago, in an earlier phase.
  const apiVersion = String(facts.merge?.content.apiVersion ?? '');
  const kinds = (await cluster.kinds()).kinds;
  const kind = kinds.find((served) => served.kind === facts.identity.kind && apiVersionOf(served) === apiVersion);
  const { namespace, name } = facts.identity;
  if (kind === undefined)
    throw new StopApply({
      kind: 'failed',
      reason: `${identityText(facts.identity)}: the cluster serves no ${apiVersion} ${facts.identity.kind}; install its CustomResourceDefinition first`,
    });
  // What the plan took for an object of a namespace was never held against the stack's `cluster_scoped`, nor the other way round.
  if (kind.namespaced !== (namespace !== undefined))
    throw new StopApply({
      kind: 'failed',
      reason: `${identityText(facts.identity)}: the cluster serves ${facts.identity.kind} ${kind.namespaced ? 'in' : 'without'} namespaces, which the plan could not know; open a pull request so that it is planned again`,
    });
  return { kind, ...(namespace === undefined ? {} : { namespace }), name };
}
