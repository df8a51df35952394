import { identityKey } from '../manifest/rendered-object.ts';
import type { Plan } from '../plan/plan.ts';
import { planFails } from '../plan/plan.ts';
import { type Coverage, type CoverageQuestion, coverage } from './coverage.ts';
import type { MatchedRule } from './matched-rule.ts';
import type { Removal } from './removals.ts';
import { ruleName, wantedPeople, wasAmong } from './rule-requirement.ts';

declare const approved: unique symbol;

/** A plan that the gate let through. Minted here and nowhere else; only such a plan is ever applied. */
export type ApprovedPlan = Plan & { readonly [approved]: true };

export type Approving =
  | { readonly kind: 'approved'; readonly plan: ApprovedPlan }
  | { readonly kind: 'not-approved'; readonly reasons: readonly string[]; readonly coverage: Coverage | undefined };

export interface ApprovingQuestion extends Omit<CoverageQuestion, 'plan'> {
  readonly plan: Plan;
  /** What else stood in the way at the merge; empty when nothing did. */
  readonly blockers: readonly string[];
  /** Objects whose creation completes an approved replacement that was interrupted: approved already, as they are rendered. */
  readonly completing: ReadonlySet<string>;
  /** What it takes away that no maintainer approved. */
  readonly unapprovedRemovals: readonly Removal[];
  /** Rules that speak of what the plan does, less those that are overridden for it. */
  readonly rules: readonly MatchedRule[];
}

/** Opens the gate for applying: the plan is sound, nothing blocks, and every move in it was approved. */
export function approvePlan(question: ApprovingQuestion): Approving {
  const { plan } = question;
  const errors = plan.problems.filter((problem) => problem.severity === 'error').map((problem) => problem.message);
  if (planFails(plan))
    return {
      kind: 'not-approved',
      reasons: errors.length > 0 ? errors : ['the plan is incomplete'],
      coverage: undefined,
    };
  if (plan.cluster.uid === undefined)
    return { kind: 'not-approved', reasons: ['it was made without asking the cluster'], coverage: undefined };
  if (question.blockers.length > 0) return { kind: 'not-approved', reasons: question.blockers, coverage: undefined };
  const moves = plan.moves.filter(
    (move) => !(move.action === 'create' && question.completing.has(identityKey(move.object))),
  );
  const answer = coverage({ ...question, plan: { target: plan.target, cluster: plan.cluster, moves } });
  const unmet = question.rules.flatMap((rule) => unmetReasons(rule, { ...question, plan: { ...plan, moves } }));
  if (answer.kind === 'uncovered')
    return { kind: 'not-approved', reasons: [...uncoveredReasons(answer), ...unmet], coverage: answer };
  const removals = question.unapprovedRemovals.map(({ what }) => `${what}: no maintainer approved that`);
  if (removals.length > 0) return { kind: 'not-approved', reasons: [...removals, ...unmet], coverage: answer };
  if (unmet.length > 0) return { kind: 'not-approved', reasons: unmet, coverage: answer };
  return { kind: 'approved', plan: plan as ApprovedPlan };
}

/** By what was recorded with the approvals: who they are was looked at when they were given. */
function unmetReasons(rule: MatchedRule, question: Pick<CoverageQuestion, 'plan' | 'approvals'>): readonly string[] {
  const { outcome, problem } = rule;
  const name = ruleName(rule);
  if (problem !== undefined) return [`${name}: ${problem}`];
  if (outcome.kind === 'deny') return [`${name} denies it: ${outcome.reason}`];
  const approvals = question.approvals.filter((approval) => wasAmong(approval, outcome.from));
  if (coverage({ plan: question.plan, approvals, needed: outcome.count }).kind === 'covered') return [];
  return [`${name} asks for the approval of ${wantedPeople(outcome)} for what this plan does`];
}

function uncoveredReasons(answer: Extract<Coverage, { readonly kind: 'uncovered' }>): readonly string[] {
  const reasons: string[] = [];
  const count = (moves: readonly unknown[]) => (moves.length === 1 ? '1 effect' : `${moves.length} effects`);
  if (answer.unapproved.length > 0) reasons.push(`${count(answer.unapproved)} that nobody approved`);
  if (answer.missing.length > 0)
    reasons.push(
      `${count(answer.missing)} that was approved would not happen`.replace('effects that was', 'effects that were'),
    );
  return reasons;
}
