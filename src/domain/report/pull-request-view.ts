import type { NewConfiguration } from '../config/new-configuration.ts';
import type { DeploymentPhase } from '../deployment/deployment.ts';
import type { GateDecision } from '../gate/decision.ts';
import type { MatchedRule } from '../gate/matched-rule.ts';
import type { Override } from '../gate/override.ts';
import type { CommitSha, PullNumber, TargetName } from '../identity.ts';
import type { Problem } from '../manifest/rendered-object.ts';
import type { Plan } from '../plan/plan.ts';
import type { LinkedPlan } from './plan-link.ts';

/** What became of planning a pull request's head. */
export type PlanningOutcome =
  /** No target and no configuration is touched. */
  | { readonly kind: 'no-changes' }
  /** Head and base conflict in these files. */
  | { readonly kind: 'conflict'; readonly files: readonly string[] }
  /** The configuration of the base (or a file of the head) is invalid, so that nothing could be planned. */
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] }
  | {
      readonly kind: 'planned';
      readonly plans: readonly Plan[];
      /** Warnings and errors that belong to no single target. */
      readonly problems: readonly Problem[];
      /** The head changes `.github/planwright.yml` or CODEOWNERS. */
      readonly configurationChanged: boolean;
      /** Names the contents of those files, where the head changes them: equal texts, equal contents. */
      readonly configurationContent?: string;
      /** Without a configuration file nothing is deployed; what to add. */
      readonly advice?: string;
      /** True for a fork that nobody with write access has said `/plan` for: rendered and checked without any cluster. */
      readonly offline: boolean;
      /** Rules that speak of something in the plans. Absent: none. */
      readonly rules?: readonly MatchedRule[];
      /** What the head's configuration would decide, where the head changes it. */
      readonly newConfiguration?: NewConfiguration;
    };

/** Everything the checks and the comment of one pull request are made of. */
export interface PullRequestView {
  readonly pull: PullNumber;
  readonly head: CommitSha;
  readonly base: { readonly ref: string; readonly sha: CommitSha };
  readonly outcome: PlanningOutcome;
  readonly gate: GateDecision;
  /** After the merge: where each target's deployment stands. Empty before. */
  readonly deployments: readonly DeploymentView[];
  /** What was said with `/override`, whether or not it still counts. */
  readonly overrides: readonly Override[];
  /** Link to the full plan, made from PLANWRIGHT_URL; undefined when that is not set. */
  readonly planUrl?: (plan: LinkedPlan) => string;
}

export interface DeploymentView {
  readonly target: TargetName;
  readonly environment: string;
  readonly phase: DeploymentPhase;
  /** The hold's issue, as `#12`. */
  readonly issue?: number;
}
