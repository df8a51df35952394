import type { Rule } from '../domain/config/rule.ts';
import { matchInSteps, type RulePull } from '../domain/gate/match-rules.ts';
import type { MatchedRule } from '../domain/gate/matched-rule.ts';
import { ruleChanges } from '../domain/gate/rule-change.ts';
import type { Target } from '../domain/target/target.ts';
import { inTurns } from './in-turns.ts';
import type { PlannedTarget } from './plan-target.ts';
import type { Clock } from './ports/clock.ts';
import type { PullRequest } from './ports/github.ts';

/** The rules that speak of what a plan does, while the objects are at hand. */
export async function matchPlanned(
  ports: { readonly clock: Clock },
  of: {
    readonly rules: readonly Rule[];
    readonly pull: PullRequest;
    readonly target: Target;
    readonly planned: Pick<PlannedTarget, 'plan' | 'facts'>;
  },
): Promise<readonly MatchedRule[]> {
  const { rules, pull, target, planned } = of;
  if (rules.length === 0) return [];
  const { name, cluster } = target.environment;
  const steps = matchInSteps({
    rules,
    pull: rulePull(pull),
    target: { name: target.name, stack: target.stackName, environment: name, cluster },
    changes: ruleChanges(planned),
  });
  return inTurns(steps, ports.clock);
}

/** What rules may know of a pull request. */
export function rulePull({ number, title, author, base, labels, head, draft }: PullRequest): RulePull {
  return { number, title, author: author.login, branch: base.ref, labels, fork: head.fork, draft };
}
