import type { Health } from '../domain/deployment/health.ts';
import { isJsonObject, type JsonObject, sameJson } from '../domain/json.ts';
import { identityKey, identityText } from '../domain/manifest/rendered-object.ts';
import { refusesReplacement, staysBecause } from '../domain/plan/annotations.ts';
import { type ApplySet, partOf } from '../domain/plan/applyset.ts';
import { withoutIgnored } from '../domain/plan/ignored-fields.ts';
import { leavesOf } from '../domain/plan/leaves.ts';
import { type ObjectFacts, uidOf } from '../domain/plan/object-facts.ts';
import type { Change } from '../domain/plan/plan.ts';
import type { KindCatalog, ObjectAddress } from '../domain/plan/prediction.ts';
import { valueAt } from '../domain/plan/steps.ts';
import { refusedWrite, StopApply } from './apply-outcome.ts';
import type { AwaitedObject } from './await-objects.ts';
import { findStrangers, strangersText, takesOthersAlong } from './find-strangers.ts';
import type { Cluster } from './ports/cluster.ts';

export interface Doomed {
  readonly facts: ObjectFacts;
  readonly address: ObjectAddress;
  /** Of the object that was planned to go: another one of its name is none of ours. */
  readonly uid: string;
}

/** Deletes the object that another one takes the place of, with all that depends on it. Rejects with StopApply. */
export async function deleteForReplacement(cluster: Cluster, doomed: Doomed): Promise<void> {
  await deleteAsItIs(cluster, doomed, 'foreground', (live) =>
    refusesReplacement(live) ? 'its annotation says `planwright.dev/replace: never`' : undefined,
  );
}

/**
 * Deletes what is no longer rendered. What the approval named of it has to be as it was when it was planned: by now the commit counts as deployed, so that
 * another plan would not show who changed it. Rejects with StopApply.
 */
export async function pruneObject(cluster: Cluster, doomed: Doomed, applySet: ApplySet): Promise<void> {
  await refuseChanged(cluster, doomed);
  await deleteAsItIs(cluster, doomed, 'background', (live) => staysBecause(live, partOf(live) === applySet.id));
}

async function refuseChanged(cluster: Cluster, { facts, address }: Doomed): Promise<void> {
  const placed = facts.deployed ?? facts.base;
  if (placed === undefined || facts.live.kind !== 'found') return;
  const seen = await cluster.get(address);
  if (seen.kind !== 'found' || uidOf(seen.object) !== uidOf(facts.live.object)) return;
  const named = leavesOf(withoutIgnored(placed.content, facts.schema, facts.ignored), facts.schema);
  const [before, after] = [leavesOf(facts.live.object, facts.schema), leavesOf(seen.object, facts.schema)];
  const changed = [...named.byPath.values()].find((leaf) => !sameJson(valueAt(before, leaf), valueAt(after, leaf)));
  if (changed === undefined) return;
  const reason = `${identityText(facts.identity)} is not deleted: its ${changed.path} was changed after the plan was approved`;
  throw new StopApply({ kind: 'held', reason });
}

/** Waits for the end of what was deleted, by one of the rules of `health.ts`. */
export function end(
  { facts, address, uid }: Doomed,
  rule: (object: JsonObject | undefined, uid: string) => Health,
): AwaitedObject {
  const seen = facts.live.kind === 'found' ? facts.live.object : undefined;
  return { identity: facts.identity, address, judge: (object) => rule(object, uid), seen };
}

/** Looks once more, for it may have been a while since it was planned, and deletes exactly what was seen. */
async function deleteAsItIs(
  cluster: Cluster,
  { facts: { identity }, address, uid }: Doomed,
  propagation: 'foreground' | 'background',
  stays: (live: JsonObject) => string | undefined,
): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const seen = await cluster.get(address);
    if (seen.kind === 'absent' || seen.kind === 'namespace-absent') return;
    if (seen.kind !== 'found') throw new StopApply(refusedWrite(identity, seen));
    if (uidOf(seen.object) !== uid) throw changed(`${identityText(identity)} was made anew between plan and apply`);
    const reason = stays(seen.object);
    if (reason !== undefined) throw changed(`${identityText(identity)} stays, because ${reason}`);
    const resourceVersion = versionOf(seen.object);
    const answer = await cluster.delete(address, { uid, resourceVersion, propagation });
    if (answer.kind === 'deleted' || answer.kind === 'absent') return;
    if (answer.kind !== 'stale') throw new StopApply(refusedWrite(identity, answer, seen.object));
  }
  throw changed(`${identityText(identity)} changes faster than it can be deleted`);
}

/** The plan that follows says what that means. */
function changed(reason: string): StopApply {
  return new StopApply({ kind: 'interrupted', reason });
}

function versionOf(object: JsonObject): string {
  const { metadata } = object;
  return isJsonObject(metadata) ? String(metadata.resourceVersion ?? '') : '';
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
