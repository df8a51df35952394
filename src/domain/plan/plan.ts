import type { ClusterUid, CommitSha, PlanDigest, PullNumber, TargetName, TreeSha } from '../identity.ts';
import type { ObjectIdentity, Position, Problem } from '../manifest/rendered-object.ts';
import type { Effect, Move } from './effect.ts';

/** How sure the prediction for one object is; everything below `server` says why. */
export type Confidence =
  | { readonly level: 'server' }
  | { readonly level: 'schema'; readonly reason: string }
  | { readonly level: 'rendered'; readonly reason: string };

/** Where a difference comes from: the step of the plan in which the value moves. */
export type Origin =
  | { readonly kind: 'this' }
  | { readonly kind: 'pending'; readonly pulls: readonly PullNumber[] }
  | { readonly kind: 'drift' };

/** A value for people: already masked. `secret` shows as `changed`, whatever it is. */
export type ShownValue =
  | { readonly kind: 'absent' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'secret' };

/** One field's move as people see it. `server` marks fields that only the server adds: shown, but no effect. */
export interface Difference {
  readonly path: string;
  readonly before: ShownValue;
  readonly after: ShownValue;
  readonly origin: Origin | { readonly kind: 'server' };
}

export type ChangeAction = 'create' | 'update' | 'replace' | 'delete' | 'no-op';

/** One object's part of a plan. */
export interface Change {
  readonly object: ObjectIdentity;
  readonly action: ChangeAction;
  readonly differences: readonly Difference[];
  readonly confidence: Confidence;
  /** Said beside the change: adopted, conflict taken over, namespace ignored, … */
  readonly notes: readonly string[];
  /** Why it is destructive, for people (`deletes the object`, `replaces it: spec.selector is immutable`); undefined when it is not. */
  readonly danger?: string;
  readonly position?: Position;
  /** Applying sends a request for this object; false also where only a field's owner is as it should be already. */
  readonly write: boolean;
}

/** What a target's deployed commit says about the kind of plan. */
export type PlanKind = 'update' | 'adoption' | 'removal';

/**
 * Every change that applying one commit to one target would make. A value: it can be stored, shown, compared, and later approved.
 * `problems` with severity error, or `complete: false`, keep the gate shut.
 */
export interface Plan {
  readonly digest: PlanDigest;
  readonly target: TargetName;
  readonly cluster: { readonly name: string; readonly uid: ClusterUid | undefined };
  readonly kind: PlanKind;
  /** The head that was merged into `base`; for a deployment both are the merge commit. */
  readonly head: CommitSha;
  readonly base: CommitSha;
  readonly tree: TreeSha;
  readonly effects: readonly Effect[];
  /** What applying it now would move in all: one entry a field, from the live value to the rendered one. */
  readonly moves: readonly Move[];
  readonly changes: readonly Change[];
  readonly problems: readonly Problem[];
  readonly complete: boolean;
  /** Objects that the render holds, and that the target owned before: the measure of a large removal. */
  readonly rendered: number;
  readonly owned: number;
}

export interface PlanCounts {
  readonly create: number;
  readonly update: number;
  readonly replace: number;
  readonly delete: number;
}

export function countChanges(plan: Pick<Plan, 'changes'>): PlanCounts {
  const counts = { create: 0, update: 0, replace: 0, delete: 0 };
  for (const change of plan.changes) if (change.action !== 'no-op') counts[change.action] += 1;
  return counts;
}

export function planFails(plan: Pick<Plan, 'problems' | 'complete'>): boolean {
  return !plan.complete || plan.problems.some((problem) => problem.severity === 'error');
}
