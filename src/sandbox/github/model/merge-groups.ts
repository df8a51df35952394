import { noCommit } from '../git-storage.ts';
import { presentSimpleCommit } from '../present/commits.ts';
import { announce } from './announce.ts';
import { moveBranch } from './branches.ts';
import { announcePull, baseTip, markMerged, webFlow } from './pull-requests.ts';
import type { MergeGroup, Repository } from './state.ts';
import type { World } from './world.ts';

/** Queues pull requests: their heads merged one after the other onto the base, on a `gh-readonly-queue/` branch. */
export async function requestMergeGroup(
  world: World,
  repository: Repository,
  wanted: { readonly numbers: readonly number[]; readonly baseRef: string },
): Promise<MergeGroup> {
  const baseSha = await baseTip(world, repository, wanted.baseRef);
  let tip = baseSha;
  for (const number of wanted.numbers) {
    const pull = world.pull(repository, number);
    const tree = await world.git.mergeTree(repository.id, tip, pull.pull.headSha);
    if (tree === null)
      throw new Error(`Pull request ${number} conflicts with its merge group in ${world.fullName(repository)}.`);
    tip = await world.git.commitTree(repository.id, {
      tree,
      parents: [tip, pull.pull.headSha],
      author: webFlow,
      committer: webFlow,
      message: `Merge pull request #${number}\n\n${pull.title}`,
      at: world.clock.now(),
    });
  }
  const branch = `gh-readonly-queue/${wanted.baseRef}/pr-${wanted.numbers.at(-1)}-${baseSha}`;
  const group: MergeGroup = {
    headRef: `refs/heads/${branch}`,
    headSha: tip,
    baseRef: `refs/heads/${wanted.baseRef}`,
    baseSha,
    numbers: wanted.numbers,
  };
  repository.mergeGroups.set(group.headRef, group);
  await moveBranch(world, {
    repository,
    branch,
    before: noCommit,
    after: tip,
    actorId: repository.ownerId,
    kind: 'branch_creation',
  });
  await announceGroup(world, repository, group, { action: 'checks_requested', extra: {} });
  return group;
}

export async function mergeMergeGroup(
  world: World,
  repository: Repository,
  group: MergeGroup,
  byId: number,
): Promise<string> {
  const branch = group.baseRef.replace('refs/heads/', '');
  const pulls = group.numbers.map((number) => world.pull(repository, number));
  for (const pull of pulls) markMerged(world, pull, { sha: group.headSha, byId });
  await moveBranch(world, {
    repository,
    branch,
    before: group.baseSha,
    after: group.headSha,
    actorId: byId,
    kind: 'merge_queue_merge',
  });
  for (const pull of pulls) await announcePull(world, { repository, pull, action: 'closed', senderId: byId });
  await destroyMergeGroup(world, repository, group, 'merged');
  return group.headSha;
}

export async function destroyMergeGroup(
  world: World,
  repository: Repository,
  group: MergeGroup,
  reason: 'merged' | 'invalidated' | 'dequeued',
): Promise<void> {
  repository.mergeGroups.delete(group.headRef);
  await announceGroup(world, repository, group, { action: 'destroyed', extra: { reason } });
  await moveBranch(world, {
    repository,
    branch: group.headRef.replace('refs/heads/', ''),
    before: group.headSha,
    after: noCommit,
    actorId: repository.ownerId,
    kind: 'branch_deletion',
  });
}

export function findMergeGroup(repository: Repository, headRef: string): MergeGroup {
  const group = repository.mergeGroups.get(headRef);
  if (group === undefined) throw new Error(`The sandbox GitHub has no merge group "${headRef}".`);
  return group;
}

async function announceGroup(
  world: World,
  repository: Repository,
  group: MergeGroup,
  happened: { readonly action: string; readonly extra: Readonly<Record<string, unknown>> },
): Promise<void> {
  announce(world, {
    repository,
    event: 'merge_group',
    action: happened.action,
    senderId: repository.ownerId,
    payload: {
      merge_group: {
        head_sha: group.headSha,
        head_ref: group.headRef,
        base_sha: group.baseSha,
        base_ref: group.baseRef,
        head_commit: presentSimpleCommit(await world.git.read(repository.id, group.headSha)),
      },
      ...happened.extra,
    },
  });
}
