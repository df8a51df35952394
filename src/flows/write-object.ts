import { isJsonObject, type JsonObject, sameJson } from '../domain/json.ts';
import { identityText, type ObjectIdentity } from '../domain/manifest/rendered-object.ts';
import type { ApplySet } from '../domain/plan/applyset.ts';
import { leavesOf } from '../domain/plan/leaves.ts';
import { type ObjectFacts, uidOf } from '../domain/plan/object-facts.ts';
import type { ObjectAddress } from '../domain/plan/prediction.ts';
import { refusedWrite, StopApply } from './apply-outcome.ts';
import { isOwnDrift, withOwnership } from './plan-target.ts';
import type { Cluster } from './ports/cluster.ts';

export interface ObjectWrite {
  readonly facts: ObjectFacts;
  readonly address: ObjectAddress;
  readonly applySet: ApplySet;
  /** What was read when it was planned: the write's precondition. Undefined: nothing may be there. */
  readonly live: JsonObject | undefined;
}

/** Applies one rendered object; what is answered is the object as it now is. Rejects with StopApply. */
export async function writeObject(cluster: Cluster, write: ObjectWrite): Promise<JsonObject> {
  const { facts, address } = write;
  if (facts.merge === undefined) throw new Error(`${identityText(facts.identity)} is not rendered`);
  const content = withOwnership(facts.merge.content, write.applySet);
  let live = write.live;
  let force = false;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const answer = await cluster.apply({
      address,
      object: live === undefined ? content : withPrecondition(content, live),
      force,
    });
    if (answer.kind === 'applied') {
      if (live === undefined && !answer.created) throw madeMeanwhile(facts.identity);
      return answer.object;
    }
    if (answer.kind === 'conflict' && live === undefined) throw madeMeanwhile(facts.identity);
    if (answer.kind === 'conflict' && !force && isOwnDrift(facts, answer)) {
      force = true;
      continue;
    }
    if (answer.kind !== 'stale' || live === undefined) throw new StopApply(refusedWrite(facts.identity, answer));
    live = await readAgain(cluster, write, live);
  }
  throw new StopApply({
    kind: 'interrupted',
    reason: `${identityText(facts.identity)} changes faster than it can be written`,
  });
}

/** When only what nobody rendered moved (its status does all the time), the write may go on. */
async function readAgain(cluster: Cluster, { facts, address }: ObjectWrite, before: JsonObject): Promise<JsonObject> {
  const answer = await cluster.get(address);
  if (answer.kind !== 'found')
    throw new StopApply({
      kind: 'interrupted',
      reason: `${identityText(facts.identity)} went away between plan and apply`,
    });
  if (uidOf(answer.object) !== uidOf(before) || !sameLeaves(before, answer.object, facts)) {
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

function sameLeaves(before: JsonObject, after: JsonObject, facts: ObjectFacts): boolean {
  const [left, right] = [leavesOf(before, facts.schema).byPath, leavesOf(after, facts.schema).byPath];
  if (left.size !== right.size) return false;
  for (const [path, leaf] of left) if (!sameJson(right.get(path)?.value, leaf.value)) return false;
  return true;
}
