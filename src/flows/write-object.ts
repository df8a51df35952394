import { isJsonObject, type JsonObject, sameJson } from '../domain/json.ts';
import { identityText, type ObjectIdentity } from '../domain/manifest/rendered-object.ts';
import type { ApplySet } from '../domain/plan/applyset.ts';
import { clientSideApply } from '../domain/plan/client-side-apply.ts';
import type { Move } from '../domain/plan/effect.ts';
import { withoutIgnored } from '../domain/plan/ignored-fields.ts';
import { leavesOf } from '../domain/plan/leaves.ts';
import { type ObjectFacts, resourceVersionOf, uidOf } from '../domain/plan/object-facts.ts';
import type { ApplyAnswer, ObjectAddress } from '../domain/plan/prediction.ts';
import { type SentFrom, sentObject } from '../domain/plan/sent-object.ts';
import { valueAt } from '../domain/plan/steps.ts';
import { type ForceConflicts, mayTakeFields } from '../domain/plan/take-fields.ts';
import { refusedWrite, StopApply } from './apply-outcome.ts';
import type { Cluster } from './ports/cluster.ts';

export interface ObjectWrite {
  readonly facts: ObjectFacts;
  readonly address: ObjectAddress;
  readonly applySet: ApplySet;
  readonly forceConflicts: ForceConflicts;
  /** What was read when it was planned: the write's precondition. Undefined: nothing may be there. */
  readonly live: JsonObject | undefined;
  /** What the write would move of it. */
  readonly moves: readonly Pick<Move, 'path'>[];
}

/**
 * Applies one rendered object; what is answered is the object as it now is. What kubectl applied client-side becomes ours first. Rejects with StopApply.
 * Doing it again after an interruption is harmless: the second time there is less to do.
 */
export async function writeObject(cluster: Cluster, write: ObjectWrite): Promise<JsonObject> {
  const { facts, address } = write;
  if (facts.merge === undefined) throw new Error(`${identityText(facts.identity)} is not rendered`);
  const rendered = { content: facts.merge.content, schema: facts.schema, ignored: facts.ignored };
  let live = write.live;
  let force = false;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (live !== undefined) {
      const owned = await takeFromClientSide(cluster, write, live);
      if (owned?.kind === 'applied') live = owned.object;
      else if (owned?.kind === 'stale') {
        live = await readAgain(cluster, write, live);
        force = false;
        continue;
      } else if (owned !== undefined) throw new StopApply(refusedWrite(facts.identity, owned, live));
    }
    const object = sentObject({ ...rendered, applySet: write.applySet, onto: ontoOf(write, live) });
    const answer = await cluster.apply({
      address,
      object: live === undefined ? object : withPrecondition(object, live),
      force,
    });
    if (answer.kind === 'applied') {
      if (live === undefined && !answer.created) throw madeMeanwhile(facts.identity);
      return answer.object;
    }
    if (answer.kind === 'conflict' && live === undefined) throw madeMeanwhile(facts.identity);
    if (answer.kind === 'conflict' && !force && mayTakeFields(facts, answer.conflicts, write.forceConflicts)) {
      force = true;
      continue;
    }
    if (answer.kind !== 'stale' || live === undefined) throw new StopApply(refusedWrite(facts.identity, answer, live));
    live = await readAgain(cluster, write, live);
    // Somebody may have begun to own a field since its owners were looked at, with the value that it had.
    force = false;
  }
  throw new StopApply({
    kind: 'interrupted',
    reason: `${identityText(facts.identity)} changes faster than it can be written`,
  });
}

function ontoOf({ facts }: ObjectWrite, live: JsonObject | undefined): SentFrom['onto'] {
  if (live !== undefined) return { kind: 'update', live };
  return facts.live.kind === 'found' ? { kind: 'replacement', live: facts.live.object } : { kind: 'nothing' };
}

/** Undefined where nothing was applied client-side. */
async function takeFromClientSide(
  cluster: Cluster,
  { facts, address }: ObjectWrite,
  live: JsonObject,
): Promise<ApplyAnswer | undefined> {
  const { merge, schema, ignored } = facts;
  const [uid, resourceVersion] = [uidOf(live), resourceVersionOf(live)];
  if (merge === undefined || uid === undefined || resourceVersion === undefined) return undefined;
  const clientSide = clientSideApply({ live, rendered: merge.content, schema, ignored });
  if (clientSide === undefined) return undefined;
  return cluster.replaceManagedFields(address, { uid, resourceVersion, managedFields: clientSide.managedFields });
}

/** When only what is none of ours moved (its status does all the time), the write may go on. */
async function readAgain(cluster: Cluster, write: ObjectWrite, before: JsonObject): Promise<JsonObject> {
  const { facts, address } = write;
  const answer = await cluster.get(address);
  if (answer.kind !== 'found')
    throw new StopApply({
      kind: 'interrupted',
      reason: `${identityText(facts.identity)} went away between plan and apply`,
    });
  if (uidOf(answer.object) !== uidOf(before) || !sameLeaves(before, answer.object, write)) {
    throw new StopApply({
      kind: 'interrupted',
      reason: `${identityText(facts.identity)} was changed between plan and apply`,
    });
  }
  return answer.object;
}

/** Nothing was there when it was planned, so that whatever is in the way is newer. */
function madeMeanwhile(identity: ObjectIdentity): StopApply {
  return new StopApply({
    kind: 'held',
    reason: `${identityText(identity)} was made by somebody else between plan and apply`,
  });
}

function withPrecondition(content: JsonObject, live: JsonObject): JsonObject {
  const metadata = isJsonObject(content.metadata) ? content.metadata : {};
  const read = isJsonObject(live.metadata) ? live.metadata : {};
  return {
    ...content,
    metadata: { ...metadata, uid: read.uid ?? null, resourceVersion: read.resourceVersion ?? null },
  };
}

/** Whether what this target renders, rendered last or would move is as it was. */
function sameLeaves(before: JsonObject, after: JsonObject, { facts, moves }: ObjectWrite): boolean {
  const [left, right] = [leavesOf(before, facts.schema), leavesOf(after, facts.schema)];
  const ours = [facts.merge, facts.deployed].flatMap((placed) =>
    placed === undefined
      ? []
      : [...leavesOf(withoutIgnored(placed.content, facts.schema, facts.ignored), facts.schema).byPath.values()],
  );
  return (
    ours.every((leaf) => sameJson(valueAt(left, leaf), valueAt(right, leaf))) &&
    moves.every(({ path }) => sameJson(left.byPath.get(path)?.value, right.byPath.get(path)?.value))
  );
}
