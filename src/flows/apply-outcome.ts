import type { DeploymentPhase } from '../domain/deployment/deployment.ts';
import type { ApprovedPlan } from '../domain/gate/approved-plan.ts';
import { identityText, type ObjectIdentity } from '../domain/manifest/rendered-object.ts';
import { conflictText } from '../domain/plan/object-notes.ts';
import type { Refusal } from '../domain/plan/prediction.ts';

export type ApplyOutcome =
  | { readonly kind: 'succeeded'; readonly written: number }
  /** The cluster is not as it was planned, or went away: nothing more is written; plan again, a little later. */
  | { readonly kind: 'interrupted'; readonly reason: string }
  /** An object appeared that the plan would have created; a person has to look. */
  | { readonly kind: 'held'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

export type ApplyStop = Exclude<ApplyOutcome, { readonly kind: 'succeeded' }>;

/** Ends an apply at once, wherever it stands. */
export class StopApply extends Error {
  readonly outcome: ApplyStop;

  constructor(outcome: ApplyStop) {
    super(outcome.reason);
    this.outcome = outcome;
  }
}

/** What the API server's refusal of a write means for the apply. */
export function refusedWrite(identity: ObjectIdentity, refusal: Refusal): ApplyStop {
  const what = identityText(identity);
  switch (refusal.kind) {
    case 'stale':
    case 'unavailable':
      return { kind: 'interrupted', reason: `${what}: ${refusal.message}` };
    case 'conflict':
      return { kind: 'failed', reason: `${what}: ${conflictText(refusal.conflicts)}` };
    case 'immutable':
    case 'namespace-absent':
    case 'webhook-without-dry-run':
    case 'forbidden':
    case 'not-served':
    case 'invalid':
      return { kind: 'failed', reason: `${what}: ${refusal.message}` };
  }
}

/** What a deployment's phase becomes after an apply that did not succeed. */
export function phaseAfter(outcome: ApplyStop, plan: ApprovedPlan): DeploymentPhase {
  switch (outcome.kind) {
    case 'interrupted':
      return { kind: 'queued' };
    case 'held':
      return { kind: 'held', reasons: [outcome.reason], plan: plan.digest };
    case 'failed':
      return { kind: 'failed', reason: outcome.reason, plan: plan.digest };
  }
}
