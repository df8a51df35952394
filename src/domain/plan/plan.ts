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

/**
 * What applying makes of one object's rendered fields, as a unified diff of normalised YAML from what is live to what is rendered. It is stored and
 * shown as it is: secrets are masked, its size is bounded, and whose doing a line is stands beside it.
 */
export interface ObjectDiff {
  readonly hunks: readonly Hunk[];
  /** What is beyond the bound. */
  readonly hidden?: HiddenLines;
}

export interface HiddenLines {
  readonly lines: number;
  /** Of what moves in them, the first few. */
  readonly paths: readonly string[];
}

/** One place where something moves, with what surrounds it there. */
export interface Hunk {
  /** Paths of what comes, goes or changes, the first few. */
  readonly paths: readonly string[];
  readonly morePaths: number;
  /** Where the hunk begins inside a text of several lines, when that is not its first one; counted from 1. */
  readonly line?: number;
  /** How many lines of the whole picture before stand above it. */
  readonly start: number;
  /** Columns that were cut from the left of each line. */
  readonly indent: number;
  /** A sign (` `, `-`, `+`, or `!` for a secret that changes, which stands on both sides), then the text. */
  readonly lines: readonly string[];
  /** Whose doing lines are that are not, or not only, this pull request's. */
  readonly origins: readonly LineOrigin[];
}

/** Said of what moves from the line with this index on, until the next one says something else. */
export interface LineOrigin {
  readonly at: number;
  /** Said of this field alone: it has several steps. What follows it is this pull request's again. */
  readonly field?: string;
  /** The item changes places in its list. */
  readonly moved?: true;
  /** The steps lead back to what is live. */
  readonly settled?: true;
  readonly steps: readonly OriginStep[];
}

/** Without values where the lines themselves show them. */
export interface OriginStep {
  readonly origin: Origin;
  readonly before?: ShownValue;
  readonly after?: ShownValue;
}

export type ChangeAction = 'create' | 'update' | 'replace' | 'delete' | 'no-op';

/** One object's part of a plan. */
export interface Change {
  readonly object: ObjectIdentity;
  readonly action: ChangeAction;
  readonly differences: readonly Difference[];
  /** Absent in plans of earlier versions, which are shown by their differences. */
  readonly diff?: ObjectDiff;
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
  /** The cluster that the target is deployed on, where that is another one; by the name that the server has for it, if any. */
  readonly leaves?: { readonly uid: ClusterUid; readonly name?: string };
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
