import { type JsonObject, sameJson } from '../domain/json.ts';
import type { FieldSchema } from '../domain/plan/field-schema.ts';
import type { MutatingAdmission } from '../domain/plan/mutating-admission.ts';
import type { LiveState } from '../domain/plan/object-facts.ts';
import type { ApplyAnswer, ObjectAddress } from '../domain/plan/prediction.ts';
import { provesNoOp } from '../domain/plan/prove-no-op.ts';
import type { ReadOnlyCluster } from './ports/cluster.ts';

export interface ApplyToPredict {
  readonly address: ObjectAddress;
  readonly sent: JsonObject;
  readonly live: LiveState;
  readonly schema: FieldSchema | undefined;
}

/**
 * What a dry-run answered to be without effect, by the live object. A cluster gives the same object only while its UID, its resourceVersion and its schema
 * are the same, so that the answer would be the same too; the memory ends with the object.
 */
const dryRunWithoutEffect = new WeakMap<JsonObject, JsonObject>();

/** What applying would answer: proven from the live object where that can be done, else asked with a dry-run. */
export async function predictApply(
  cluster: ReadOnlyCluster,
  admission: MutatingAdmission,
  { address, sent, live, schema }: ApplyToPredict,
): Promise<ApplyAnswer> {
  const isStable = live.kind === 'found' && !admission.mayChange(address.kind);
  if (isStable) {
    const unchanged: ApplyAnswer = { kind: 'applied', object: live.object, created: false };
    const asked = dryRunWithoutEffect.get(live.object);
    if (asked !== undefined && sameJson(asked, sent)) return unchanged;
    if (provesNoOp({ sent, live: live.object, schema })) return unchanged;
  }
  const answer = await cluster.dryRunApply({ address, object: sent, force: false });
  if (live.kind !== 'found' || answer.kind !== 'applied' || answer.created) return answer;
  // The API server answers with the very object, its `resourceVersion` and `managedFields` included, when the apply would write nothing.
  if (!sameJson(answer.object, live.object)) return answer;
  if (isStable) dryRunWithoutEffect.set(live.object, sent);
  return { ...answer, object: live.object };
}
