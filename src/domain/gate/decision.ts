import type { TargetName } from '../identity.ts';

/**
 * A decision is its own explanation: a tree of requirements that the check, the comment, the dashboard and the command line print as it is.
 */
export type RequirementStatus =
  | 'met'
  /** Somebody can still meet it; `who` says who. */
  | 'unmet'
  /** It is denied or cannot be decided: nobody's approval helps. */
  | 'failed';

export interface Requirement {
  /** `plan is current`, `approvals of production`, `configuration`, … */
  readonly name: string;
  readonly status: RequirementStatus;
  /** One sentence: what is there and what is missing. */
  readonly reason: string;
  /** Who could meet it; empty when it is met or nobody can. */
  readonly who: readonly string[];
  /** What was looked at: each approval with what became of it. */
  readonly evidence: readonly string[];
  /** Targets that it speaks of; empty: all. */
  readonly targets: readonly TargetName[];
}

export interface GateDecision {
  readonly status: 'open' | 'waiting' | 'blocked';
  readonly requirements: readonly Requirement[];
}

/** `blocked` when anything failed, `waiting` while something is unmet, else `open`. */
export function decisionOf(requirements: readonly Requirement[]): GateDecision {
  if (requirements.some((requirement) => requirement.status === 'failed')) return { status: 'blocked', requirements };
  if (requirements.some((requirement) => requirement.status === 'unmet')) return { status: 'waiting', requirements };
  return { status: 'open', requirements };
}
