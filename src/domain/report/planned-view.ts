import type { Plan } from '../plan/plan.ts';
import { countChanges, type PlanCounts, planFails } from '../plan/plan.ts';
import { addCounts } from './change-words.ts';
import { dangerOf } from './plan-section.ts';

const none: PlanCounts = { create: 0, update: 0, replace: 0, delete: 0 };

export function countAll(plans: readonly Plan[]): PlanCounts {
  return plans.map(countChanges).reduce(addCounts, none);
}

/** Most dangerous first, equal ones by name: the order of every list of targets. */
export function byDanger(plans: readonly Plan[]): readonly Plan[] {
  const ranked = plans.map((plan) => ({ plan, danger: planDanger(plan) }));
  return ranked
    .sort((left, right) => right.danger - left.danger || (left.plan.target < right.plan.target ? -1 : 1))
    .map(({ plan }) => plan);
}

function planDanger(plan: Plan): number {
  const failing = planFails(plan) ? 100 : 0;
  return plan.changes.reduce((most, change) => Math.max(most, dangerOf(change)), 0) + failing;
}
