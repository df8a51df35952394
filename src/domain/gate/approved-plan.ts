import { sourceText } from '../config/rule.ts';
import { identityKey } from '../manifest/rendered-object.ts';
import type { Plan } from '../plan/plan.ts';
import { planFails } from '../plan/plan.ts';
import { type Coverage, type CoverageQuestion, coverage } from './coverage.ts';
import type { MatchedRule } from './matched-rule.ts';
import type { Removal } from './removals.ts';
import { overridersOf, ruleName, wantedPeople, wasAmong } from './rule-requirement.ts';

declare const approved: unique symbol;

/** A plan that the gate let through. Minted here and nowhere else; only such a plan is ever applied. */
export type ApprovedPlan = Plan & { readonly [approved]: true };

export type Approving =
  | { readonly kind: 'approved'; readonly plan: ApprovedPlan }
  | {
      readonly kind: 'not-approved';
      readonly reasons: readonly string[];
      /** Whose word would help, as configurations name people; empty where nobody's would. */
      readonly deciders: readonly string[];
      readonly coverage: Coverage | undefined;
    };

export interface ApprovingQuestion extends Omit<CoverageQuestion, 'plan'> {
  readonly plan: Plan;
  /** What else stood in the way at the merge, and only a maintainer sets aside; empty when nothing did. */
  readonly blockers: readonly string[];
  /** Why somebody has to say `/apply` whatever was approved. */
  readonly unseen?: string;
  /** Objects whose creation completes an approved replacement that was interrupted: approved already, as they are rendered. */
  readonly completing: ReadonlySet<string>;
  /** What it takes away that no maintainer approved. */
  readonly unapprovedRemovals: readonly Removal[];
  /** Rules that speak of what the plan does, less those that are overridden for it. */
  readonly rules: readonly MatchedRule[];
}

/** Why a plan may not be applied, and whose word would help. */
interface Obstacle {
  readonly reason: string;
  readonly deciders: readonly string[];
}

export const whoeverMayApprove =
  'people with write access who are neither author, committer, co-author nor last pusher';
const maintainers = ['role:maintain'];

/** Opens the gate for applying: the plan is sound, nothing blocks, and every move in it was approved. */
export function approvePlan(question: ApprovingQuestion): Approving {
  const { plan } = question;
  const errors = plan.problems.filter((problem) => problem.severity === 'error').map((problem) => problem.message);
  if (planFails(plan))
    return notApproved(errors.length > 0 ? nobodyDecides(errors) : nobodyDecides(['the plan is incomplete']));
  if (plan.cluster.uid === undefined) return notApproved(nobodyDecides(['it was made without asking the cluster']));
  const { blockers, unseen } = question;
  if (unseen !== undefined || blockers.length > 0)
    return notApproved([
      ...(unseen === undefined ? [] : [{ reason: unseen, deciders: [whoeverMayApprove] }]),
      ...blockers.map((reason) => ({ reason, deciders: maintainers })),
    ]);
  const moves = plan.moves.filter(
    (move) => !(move.action === 'create' && question.completing.has(identityKey(move.object))),
  );
  const answer = coverage({ ...question, plan: { target: plan.target, cluster: plan.cluster, moves } });
  const obstacles = [
    ...(answer.kind === 'uncovered'
      ? uncoveredReasons(answer).map((reason) => ({ reason, deciders: [whoeverMayApprove] }))
      : []),
    ...question.unapprovedRemovals.map(({ what }) => ({
      reason: `${what}: no maintainer approved that`,
      deciders: maintainers,
    })),
    ...question.rules.flatMap((rule) => unmet(rule, { ...question, plan: { ...plan, moves } })),
  ];
  return obstacles.length > 0 ? notApproved(obstacles, answer) : { kind: 'approved', plan: plan as ApprovedPlan };
}

function nobodyDecides(reasons: readonly string[]): readonly Obstacle[] {
  return reasons.map((reason) => ({ reason, deciders: [] }));
}

function notApproved(obstacles: readonly Obstacle[], answer?: Coverage): Approving {
  return {
    kind: 'not-approved',
    reasons: obstacles.map(({ reason }) => reason),
    deciders: [...new Set(obstacles.flatMap(({ deciders }) => deciders))],
    coverage: answer,
  };
}

/** By what was recorded with the approvals: who they are was looked at when they were given. */
function unmet(rule: MatchedRule, question: Pick<CoverageQuestion, 'plan' | 'approvals'>): readonly Obstacle[] {
  const { outcome, problem } = rule;
  const name = ruleName(rule);
  const overriders = overridersOf(rule);
  if (problem !== undefined) return [{ reason: `${name}: ${problem}`, deciders: overriders }];
  if (outcome.kind === 'deny') return [{ reason: `${name} denies it: ${outcome.reason}`, deciders: overriders }];
  const approvals = question.approvals.filter((approval) => wasAmong(approval, outcome.from));
  if (coverage({ plan: question.plan, approvals, needed: outcome.count }).kind === 'covered') return [];
  const reason = `${name} asks for the approval of ${wantedPeople(outcome)} for what this plan does`;
  return [{ reason, deciders: [...outcome.from.map(sourceText), ...overriders] }];
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
