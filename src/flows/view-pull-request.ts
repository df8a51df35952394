import type { ServerSettings } from '../domain/config/server-settings.ts';
import type { GateDecision } from '../domain/gate/decision.ts';
import { type LinkedPlan, planLink } from '../domain/report/plan-link.ts';
import type { PlanningOutcome, PullRequestView } from '../domain/report/pull-request-view.ts';
import type { PullRequest } from './ports/github.ts';

/** What the checks and the comment of this pull request are made of. */
export function viewOf(
  server: ServerSettings,
  at: {
    readonly pull: PullRequest;
    readonly base: PullRequestView['base']['sha'];
    readonly outcome: PlanningOutcome;
    readonly gate: GateDecision;
    readonly overrides?: PullRequestView['overrides'];
    readonly deployments?: PullRequestView['deployments'];
  },
): PullRequestView {
  const { url } = server;
  return {
    pull: at.pull.number,
    head: at.pull.head.sha,
    base: { ref: at.pull.base.ref, sha: at.base },
    outcome: at.outcome,
    gate: at.gate,
    deployments: at.deployments ?? [],
    overrides: at.overrides ?? [],
    ...(url === undefined ? {} : { planUrl: (plan: LinkedPlan) => planLink(url, plan) }),
  };
}
