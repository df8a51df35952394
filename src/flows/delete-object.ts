import type { JsonObject } from '../domain/json.ts';
import { identityKey } from '../domain/manifest/rendered-object.ts';
import { type ObjectFacts, uidOf } from '../domain/plan/object-facts.ts';
import type { Change } from '../domain/plan/plan.ts';
import type { KindCatalog, ObjectAddress } from '../domain/plan/prediction.ts';
import { refusedWrite, StopApply } from './apply-outcome.ts';
import type { HealthWatch } from './await-health.ts';
import { findStrangers, strangersText, takesOthersAlong } from './find-strangers.ts';
import type { Cluster } from './ports/cluster.ts';

/** Deletes the object that another one takes the place of, and waits until it is gone with all that depends on it. Rejects with StopApply. */
export async function deleteForReplacement(
  ports: { readonly cluster: Cluster; readonly health: HealthWatch },
  { identity, live }: ObjectFacts,
  address: ObjectAddress,
): Promise<void> {
  const uid = live.kind === 'found' ? uidOf(live.object) : undefined;
  if (uid === undefined) return;
  const answer = await ports.cluster.delete(address, { uid, propagation: 'foreground' });
  if (answer.kind !== 'deleted' && answer.kind !== 'absent') throw new StopApply(refusedWrite(identity, answer));
  const judge = (object: JsonObject | undefined) =>
    object === undefined || uidOf(object) !== uid
      ? ({ kind: 'healthy' } as const)
      : ({ kind: 'progressing', reason: 'it is being deleted' } as const);
  await ports.health.awaitAll([{ identity, address, judge }]);
}

/** Deletes what is no longer rendered. Rejects with StopApply. */
export async function pruneObject(
  cluster: Cluster,
  { identity }: ObjectFacts,
  at: { readonly address: ObjectAddress; readonly uid: string },
): Promise<void> {
  const answer = await cluster.delete(at.address, { uid: at.uid, propagation: 'background' });
  if (answer.kind !== 'deleted' && answer.kind !== 'absent') throw new StopApply(refusedWrite(identity, answer));
}

/** The plan looked for strangers already; health may have been awaited for minutes since. Rejects with StopApply. */
export async function refuseStrangers(
  cluster: Cluster,
  { identity, live }: ObjectFacts,
  at: { readonly changes: readonly Change[]; readonly catalog: KindCatalog },
): Promise<void> {
  if (!takesOthersAlong(identity) || live.kind !== 'found') return;
  const deletes = at.changes.filter(({ action }) => action === 'delete').map(({ object }) => object);
  const doomed = { identity, object: live.object, deleted: new Set(deletes.map(identityKey)) };
  const strangers = await findStrangers(cluster, doomed, at.catalog);
  if (strangers.kind === 'unknown') throw new StopApply({ kind: 'interrupted', reason: strangers.reason });
  if (strangers.objects.length > 0)
    throw new StopApply({ kind: 'held', reason: strangersText(identity, strangers.objects) });
}
