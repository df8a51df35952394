import { identityText } from '../../src/domain/manifest/rendered-object.ts';
import type { Change, Plan } from '../../src/domain/plan/plan.ts';

/** The full plans that a comment links to, by target: what the comment shows when it has room for all. */
export async function shownPlans(comment: string): Promise<ReadonlyMap<string, Plan>> {
  const plans = new Map<string, Plan>();
  for (const [, target = '', url = ''] of comment.matchAll(/`([^`]+)` \[`[0-9a-f]{12}`\]\((http[^)]+)\)/g)) {
    const answer = await fetch(url, { headers: { accept: 'application/json' } });
    if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
    const plan = (await answer.json()) as Plan;
    // A digest is that of the effects: plans without any share one.
    if (plan.target === target) plans.set(target, plan);
  }
  return plans;
}

/** The change of one object, named as in a comment (`Role team/admin`). */
export function changeOf(plan: Plan | undefined, object: string): Change {
  const found = plan?.changes.find((change) => identityText(change.object) === object);
  if (found === undefined)
    throw new Error(
      `no ${object} in the plan: ${plan?.changes.map((change) => identityText(change.object)).join(', ')}`,
    );
  return found;
}
