import type { DeploymentPhase } from '../domain/deployment/deployment.ts';
import type { FailureDetails } from '../domain/deployment/failure.ts';
import type { ApprovedPlan } from '../domain/gate/approved-plan.ts';
import type { JsonObject } from '../domain/json.ts';
import { identityText, type ObjectIdentity } from '../domain/manifest/rendered-object.ts';
import { textMask } from '../domain/plan/mask-text.ts';
import { conflictText } from '../domain/plan/object-notes.ts';
import { type Refusal, reasonOf } from '../domain/plan/prediction.ts';
import type { FailingObject } from './explain-failure.ts';

export type ApplyOutcome =
  | { readonly kind: 'succeeded'; readonly written: number }
  /** The cluster is not as it was planned, or went away: nothing more is written; plan again, a little later. */
  | { readonly kind: 'interrupted'; readonly reason: string }
  /** An object appeared that the plan would have created; a person has to look. */
  | { readonly kind: 'held'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string; readonly details: readonly FailureDetails[] };

/** Why an apply ends before it is done. `failing`: objects that the cluster can tell more about. */
export type StopReason =
  | { readonly kind: 'interrupted' | 'held'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string; readonly failing?: readonly FailingObject[] };

/** Ends an apply at once, wherever it stands. */
export class StopApply extends Error {
  readonly why: StopReason;

  constructor(why: StopReason) {
    super(why.reason);
    this.why = why;
  }
}

/**
 * What the API server's refusal of a write means for the apply.
 *
 * @param live the object as it was seen last: what is quoted of it is masked
 */
export function refusedWrite(
  identity: ObjectIdentity,
  refusal: Refusal,
  live: JsonObject | undefined = undefined,
): StopReason {
  const what = identityText(identity);
  const reason = textMask(live === undefined ? [] : [live])(reasonOf(refusal));
  switch (refusal.kind) {
    case 'stale':
    case 'webhook-silent':
    case 'unavailable':
      return { kind: 'interrupted', reason: `${what}: ${reason}` };
    case 'conflict':
      return { kind: 'failed', reason: `${what}: ${conflictText(refusal.conflicts)}` };
    case 'immutable':
    case 'namespace-absent':
    case 'webhook-without-dry-run':
    case 'forbidden':
    case 'not-served':
    case 'invalid':
      return { kind: 'failed', reason: `${what}: ${reason}` };
  }
}

/** What a deployment's phase becomes after an apply that did not succeed. */
export function phaseAfter(
  outcome: Exclude<ApplyOutcome, { readonly kind: 'succeeded' }>,
  plan: ApprovedPlan,
): DeploymentPhase {
  switch (outcome.kind) {
    case 'interrupted':
      return { kind: 'queued' };
    case 'held':
      return { kind: 'held', reasons: [outcome.reason], plan: plan.digest };
    case 'failed':
      return { kind: 'failed', reason: outcome.reason, plan: plan.digest, details: outcome.details };
  }
}
