import type { CommitSha, PlanDigest, PullNumber, RepositoryId, TargetName } from '../identity.ts';
import type { FailureDetails } from './failure.ts';

/** Where one target's deployment of one merge stands. */
export type DeploymentPhase =
  /** Nothing was looked at yet, or it is another deployment's turn. */
  | { readonly kind: 'queued' }
  /** Environments that this one comes after are not healthy yet. */
  | { readonly kind: 'waiting'; readonly reason: string }
  /** The plan is not covered by approvals: a person is asked. */
  | {
      readonly kind: 'held';
      readonly reasons: readonly string[];
      /** Whose word would help; absent: anybody's who may approve. */
      readonly deciders?: readonly string[];
      readonly plan: PlanDigest | undefined;
    }
  /** `deadlineMs` (wall clock) outlives the process: whoever goes on has no more time than the one who began. */
  | { readonly kind: 'applying'; readonly plan: PlanDigest; readonly deadlineMs: number }
  /** Everything is written; health is awaited. */
  | { readonly kind: 'verifying'; readonly plan: PlanDigest; readonly deadlineMs: number }
  | { readonly kind: 'succeeded'; readonly plan: PlanDigest; readonly written: number }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      readonly plan: PlanDigest | undefined;
      readonly details?: readonly FailureDetails[];
    }
  | { readonly kind: 'superseded'; readonly by: CommitSha }
  | { readonly kind: 'cancelled'; readonly reason: string };

/** A pull request's head merged into its base before that happens on GitHub: a commit that only Planwright has, made again from its parents. */
export interface TestMergeParents {
  readonly base: CommitSha;
  readonly head: CommitSha;
}

/**
 * One target's deployment of one merge. `sequence` is the order of merges in the repository; a test merge has that of the last merge that its base holds.
 */
export interface Deployment {
  readonly id: number;
  readonly repository: RepositoryId;
  readonly pull: PullNumber;
  readonly target: TargetName;
  readonly environment: string;
  readonly commit: CommitSha;
  /** Before the merge: what `commit` is made of. Absent: `commit` is the merge on GitHub. */
  readonly testMerge?: TestMergeParents & {
    /** What the target had when this was first applied; undefined for none. */
    readonly from: CommitSha | undefined;
  };
  readonly sequence: number;
  readonly phase: DeploymentPhase;
  /** Only the merge's own configuration made it a target, so that no pull request showed what it would do: it starts held, however few approvals are asked for. */
  readonly unseen?: true;
}

/** No further step happens by itself. */
export function isEnded(phase: DeploymentPhase): boolean {
  switch (phase.kind) {
    case 'succeeded':
    case 'failed':
    case 'superseded':
    case 'cancelled':
      return true;
    case 'queued':
    case 'waiting':
    case 'held':
    case 'applying':
    case 'verifying':
      return false;
  }
}

/** However late somebody goes on: long enough to see what is healthy already. */
const leastLeftMs = 10_000;

/** Until when (wall clock, ms) this deployment must be done: what was begun keeps its deadline, whichever process goes on with it. */
export function deadlineOf(
  phase: DeploymentPhase,
  now: { readonly nowMs: number; readonly timeoutMs: number },
): number {
  const latest = now.nowMs + now.timeoutMs;
  if (phase.kind !== 'applying' && phase.kind !== 'verifying') return latest;
  // A clock that was put back gives nobody more time.
  return Math.min(latest, Math.max(phase.deadlineMs, now.nowMs + leastLeftMs));
}
