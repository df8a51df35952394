import type { PlanDigest } from '../identity.ts';
import type { Effect, Move } from '../plan/effect.ts';
import type { Plan } from '../plan/plan.ts';
import type { CountingApproval } from './approvals.ts';
import { type Approval, coverage } from './coverage.ts';
import { type PendingWork, withoutOwnWork } from './own-work.ts';

export interface ShownFacts {
  /** Effects of every plan that was ever shown for these pull requests, by digest. */
  readonly shownEffects: ReadonlyMap<PlanDigest, readonly Effect[]>;
  /** What merged pull requests bring that are not deployed yet. */
  readonly pendingWork: readonly PendingWork[];
}

/** What an approver saw, by the plans that were shown, and may approve: not what is their own. */
export function approvalOf(
  approval: Pick<CountingApproval, 'person' | 'plans'>,
  { shownEffects, pendingWork }: ShownFacts,
): Approval {
  const effects = approval.plans.flatMap((digest) => shownEffects.get(digest) ?? []);
  return withoutOwnWork({ personId: approval.person.id, effects }, pendingWork);
}

/** On an open pull request every step shown must be approved, and what is shown is what is promised. */
export function isCovered(plan: Plan, approvals: readonly Approval[], needed: number): boolean {
  return (
    coverage({ plan: { target: plan.target, cluster: plan.cluster, moves: shownSteps(plan) }, approvals, needed })
      .kind === 'covered'
  );
}

function shownSteps(plan: Plan): readonly Move[] {
  return plan.effects.map((effect) => ({
    object: effect.object,
    action: effect.action,
    path: effect.path,
    before: effect.before,
    after: effect.after,
  }));
}
