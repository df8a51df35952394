import { ownSteps, type PendingWork } from '../domain/gate/own-work.ts';
import type { PlanDigest, RepositoryId, TargetName } from '../domain/identity.ts';
import type { MergeRecord, Store } from './ports/store.ts';

type PendingWorkStore = Pick<Store, 'deployed' | 'mergesBetween' | 'deploymentsOfMerge' | 'plan'>;

/** What the merges since the deployed one bring to these targets, and who put something into them. */
export async function findPendingWork(
  store: PendingWorkStore,
  repository: RepositoryId,
  targets: readonly TargetName[],
): Promise<readonly PendingWork[]> {
  const found: PendingWork[] = [];
  for (const target of targets) {
    const deployed = await store.deployed(repository, target);
    for (const merge of await store.mergesBetween(repository, deployed?.sequence ?? 0, Number.MAX_SAFE_INTEGER)) {
      const deployments = await store.deploymentsOfMerge(repository, merge.pull);
      if (!deployments.some((deployment) => deployment.target === target)) continue;
      const contributors = new Set([merge.author.id, ...merge.contributors]);
      const plan = await planOf(store, target, merge.plans ?? []);
      found.push({ pull: merge.pull, target, contributors, steps: plan && ownSteps(plan) });
    }
  }
  return found;
}

async function planOf(store: PendingWorkStore, target: TargetName, plans: NonNullable<MergeRecord['plans']>) {
  for (const digest of plans satisfies readonly PlanDigest[]) {
    const found = await store.plan(digest);
    if (found?.plan.target === target) return found.plan;
  }
  return undefined;
}
