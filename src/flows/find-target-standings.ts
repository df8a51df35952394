import type { Deployment } from '../domain/deployment/deployment.ts';
import type { TargetStanding } from '../domain/gate/before-merge.ts';
import type { TargetName } from '../domain/identity.ts';
import type { Plan } from '../domain/plan/plan.ts';
import type { PullRequest } from './ports/github.ts';
import type { LockEntry, Records } from './ports/store.ts';

type StandingRecords = Pick<Records, 'deploymentsBeforeMerge' | 'lockQueue' | 'deployed'>;

/** Who holds the locks of these targets, and what of them the pull request has applied. */
export async function findTargetStandings(
  store: StandingRecords,
  { repository, number }: Pick<PullRequest, 'repository' | 'number'>,
  plans: readonly Pick<Plan, 'target'>[],
): Promise<ReadonlyMap<TargetName, TargetStanding>> {
  const newest = newestByTarget(await store.deploymentsBeforeMerge(repository.id, number));
  const standings = new Map<TargetName, TargetStanding>();
  for (const { target } of plans) {
    const lock = lockOf(await store.lockQueue(repository.id, target), number);
    const own = newest.get(target);
    const deployed = await store.deployed(repository.id, target);
    standings.set(target, { target, lock, ...appliedOf(own, deployed?.commit) });
  }
  return standings;
}

/** Deployments come in the order in which they were asked for. */
export function newestByTarget(deployments: readonly Deployment[]): ReadonlyMap<TargetName, Deployment> {
  return new Map(deployments.map((deployment) => [deployment.target, deployment]));
}

function lockOf(queue: readonly LockEntry[], pull: LockEntry['pull']): TargetStanding['lock'] {
  if (queue.length === 0) return { kind: 'free' };
  const place = queue.findIndex((entry) => entry.pull === pull);
  if (place === 0) return { kind: 'held' };
  return { kind: 'behind', ahead: (place === -1 ? queue : queue.slice(0, place)).map((entry) => entry.pull) };
}

function appliedOf(
  own: Deployment | undefined,
  deployed: Deployment['commit'] | undefined,
): Pick<TargetStanding, 'applied'> {
  if (own?.testMerge === undefined) return {};
  const { id, commit, phase, testMerge } = own;
  // What was removed from its cluster has no commit.
  const isGone = deployed === undefined && phase.kind === 'succeeded';
  return {
    applied: { deployment: id, commit, phase, head: testMerge.head, isDeployed: deployed === commit || isGone },
  };
}
