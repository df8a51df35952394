import { countChanges, type Plan } from '../plan/plan.ts';

/** Something that a plan takes away, and that one person with role:maintain has to approve whatever else is asked. */
export interface Removal {
  /** The requirement's name. */
  readonly name: string;
  readonly what: string;
}

export function removalsOf(plan: Plan): readonly Removal[] {
  const { leaves, target } = plan;
  const removals: Removal[] = [];
  if (isLargeRemoval(plan))
    removals.push({
      name: `large removal from ${target}`,
      what: `${isEmptied(plan) ? 'the render is empty: ' : ''}it deletes ${countChanges(plan).delete} of ${plan.owned} objects`,
    });
  if (leaves !== undefined)
    removals.push({
      name: `${target} moves off ${leaves.name ?? 'its cluster'}`,
      what: `it goes to cluster ${plan.cluster.name}; what it deployed to ${leaves.name ?? `the cluster with the UID ${leaves.uid}`} stays there, and Planwright lets go of it`,
    });
  return removals;
}

/** More than half of what the target owns, or everything. */
function isLargeRemoval(plan: Plan): boolean {
  const deleted = countChanges(plan).delete;
  return plan.owned > 0 && deleted > 0 && (deleted * 2 > plan.owned || plan.rendered === 0);
}

/** A target that is gone from the head renders nothing by intention. */
function isEmptied({ rendered, kind }: Plan): boolean {
  return rendered === 0 && kind !== 'removal';
}
