import type { ApprovalSource, RuleOrigin, RuleOutcome } from '../config/rule.ts';
import type { TargetName } from '../identity.ts';

/** A rule that speaks of some of a pull request's changes: decided when they are planned, while the objects are at hand, and kept with the plan. */
export interface MatchedRule {
  readonly name: string;
  readonly origin: RuleOrigin;
  readonly outcome: RuleOutcome;
  readonly override: readonly ApprovalSource[];
  /** Targets of the changes that it matches. */
  readonly targets: readonly TargetName[];
  /** The changed objects that it matches, for people; not all of very many. */
  readonly objects: readonly string[];
  /** Why it could not be decided for some change; it blocks then. */
  readonly problem?: string;
}
