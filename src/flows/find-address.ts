import { identityKey, identityText } from '../domain/manifest/rendered-object.ts';
import { findKind } from '../domain/plan/find-kind.ts';
import type { ObjectFacts } from '../domain/plan/object-facts.ts';
import type { ObjectAddress } from '../domain/plan/prediction.ts';
import { StopApply } from './apply-outcome.ts';
import type { Deadline } from './deadline.ts';
import type { PlannedTarget } from './plan-target.ts';
import type { Clock } from './ports/clock.ts';
import type { Cluster } from './ports/cluster.ts';

/** Discovery cannot be watched. */
const askAgainMs = 1_000;

/**
 * Where an object is on the cluster. For one of a kind that nothing served when it was planned: as soon as something does, until the deadline.
 * Rejects with StopApply.
 */
export async function findAddress(
  ports: { readonly cluster: Cluster; readonly clock: Clock },
  of: { readonly facts: ObjectFacts; readonly planned: PlannedTarget },
  until: { readonly deadline: Deadline; readonly stopping: AbortSignal },
): Promise<ObjectAddress> {
  const { facts, planned } = of;
  const known = planned.addresses.get(identityKey(facts.identity));
  if (known !== undefined) return known;
  const object = facts.merge;
  const what = identityText(facts.identity);
  if (object === undefined) throw new Error(`${what} is neither on the cluster nor rendered`);
  for (;;) {
    const found = findKind(await ports.cluster.kindsNow(), object);
    if (found.kind === 'found') return found.address;
    // What the plan took for an object of a namespace was never held against the stack's `cluster_scoped`, nor the other way round.
    if (found.kind === 'other-scope')
      throw new StopApply({
        kind: 'failed',
        reason: `${what}: the cluster serves ${facts.identity.kind} ${found.namespaced ? 'in' : 'without'} namespaces, which the plan could not know; open a pull request so that it is planned again`,
      });
    if (until.deadline.leftMs === 0)
      throw new StopApply({
        kind: 'failed',
        reason: `${what}: the cluster did not serve ${String(object.content.apiVersion)} ${facts.identity.kind} within ${until.deadline.text}; install its CustomResourceDefinition, or find out why the controller that makes it does not`,
      });
    await ports.clock.sleep(Math.min(askAgainMs, until.deadline.leftMs), until.stopping);
    if (until.stopping.aborted) throw new StopApply({ kind: 'interrupted', reason: 'the process is going down' });
  }
}
