import type { PlanDigest, RepositoryId } from '../domain/identity.ts';
import type { Plan } from '../domain/plan/plan.ts';
import type { Store } from './ports/store.ts';

/** A plan for people: without its effects, whose secret values stand as HMACs that nobody should see. */
export interface ShownPlan {
  readonly repository: RepositoryId;
  readonly plan: Omit<Plan, 'effects' | 'moves'>;
  /** It has no effects, so every other plan without effects has its digest too, whatever the target, and nobody said which one is meant. */
  readonly ambiguous: boolean;
}

/** Which of the plans of one digest is meant. */
export type PlanOf = Pick<Plan, 'target' | 'head'>;

/** The plan that was saved last under this digest, of this target and head where they are said; undefined when there is none. */
export async function showPlan(
  store: Pick<Store, 'plan'>,
  digest: PlanDigest,
  of?: PlanOf,
): Promise<ShownPlan | undefined> {
  const found = await store.plan(digest, of);
  if (found === undefined) return undefined;
  const { effects, moves, ...plan } = found.plan;
  return { repository: found.repository, plan, ambiguous: effects.length === 0 && of === undefined };
}
