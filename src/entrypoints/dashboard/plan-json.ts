import { countChanges } from '../../domain/plan/plan.ts';
import { changesByDanger } from '../../domain/report/plan-section.ts';
import type { ShownPlan } from '../../flows/show-plan.ts';

/** The plan as JSON with the counts, the most dangerous change first. Secret values are `{"kind":"secret"}`. */
export function planJson({ repository, plan, ambiguous }: ShownPlan): string {
  const body = { repository, ambiguous, ...plan, counts: countChanges(plan), changes: changesByDanger(plan.changes) };
  return `${JSON.stringify(body, undefined, 2)}\n`;
}
