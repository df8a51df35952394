import { noCommit } from '../git-storage.ts';
import { presentSimpleCommit } from '../present/commits.ts';
import { announce } from './announce.ts';
import { moveBranch } from './branches.ts';
import { announcePull, baseTip, markMerged, webFlow } from './pull-requests.ts';
import type { MergeGroup, QueueEntry, Repository } from './state.ts';
import type { World } from './world.ts';

/** How the queue brings a pull request to its base. */
export type QueueMethod = 'merge' | 'squash';

export interface WantedGroup {
  readonly numbers: readonly number[];
  readonly baseRef: string;
  /** The group in front, or null at the head of the queue. */
  readonly onto: MergeGroup | null;
  readonly method: QueueMethod;
}

/** Queues pull requests: their heads merged one after the other onto the base, or onto the group in front, on a `gh-readonly-queue/` branch. */
export async function requestMergeGroup(
  world: World,
  repository: Repository,
  wanted: WantedGroup,
): Promise<MergeGroup> {
  const baseSha = wanted.onto?.headSha ?? (await baseTip(world, repository, wanted.baseRef));
  const entries: QueueEntry[] = [];
  let headSha = baseSha;
  for (const number of wanted.numbers) {
    const entry = await queued(world, repository, { number, onto: headSha, method: wanted.method });
    entries.push(entry);
    headSha = entry.headSha;
  }
  const branch = `gh-readonly-queue/${wanted.baseRef}/pr-${wanted.numbers.at(-1)}-${baseSha}`;
  const group: MergeGroup = {
    headRef: `refs/heads/${branch}`,
    headSha,
    baseRef: `refs/heads/${wanted.baseRef}`,
    baseSha,
    entries,
    onto: wanted.onto,
  };
  repository.mergeQueues.add(wanted.baseRef);
  repository.mergeGroups.set(group.headRef, group);
  await moveBranch(world, {
    repository,
    branch,
    before: noCommit,
    after: headSha,
    actorId: repository.ownerId,
    kind: 'branch_creation',
  });
  await announceGroup(world, repository, group, { action: 'checks_requested', extra: {} });
  return group;
}

async function queued(
  world: World,
  repository: Repository,
  of: { readonly number: number; readonly onto: string; readonly method: QueueMethod },
): Promise<QueueEntry> {
  const { number, onto } = of;
  const pull = world.pull(repository, number);
  const tree = await world.git.mergeTree(repository.id, onto, pull.pull.headSha);
  if (tree === null)
    throw new Error(`Pull request ${number} conflicts with its merge group in ${world.fullName(repository)}.`);
  const headSha = await world.git.commitTree(repository.id, {
    tree,
    parents: of.method === 'merge' ? [onto, pull.pull.headSha] : [onto],
    author: webFlow,
    committer: webFlow,
    message: of.method === 'merge' ? `Merge pull request #${number}\n\n${pull.title}` : `${pull.title} (#${number})`,
    at: world.clock.now(),
  });
  return { number, baseSha: onto, headSha };
}

/** Lands the group and those that it is built on, in one push; each pull request by its own commit. */
export async function mergeMergeGroup(
  world: World,
  repository: Repository,
  group: MergeGroup,
  byId: number,
): Promise<string> {
  const branch = group.baseRef.replace('refs/heads/', '');
  const groups = standing(repository, group);
  const entries = groups.flatMap((one) => one.entries);
  for (const { number, headSha } of entries) markMerged(world, world.pull(repository, number), { sha: headSha, byId });
  await moveBranch(world, {
    repository,
    branch,
    before: await baseTip(world, repository, branch),
    after: group.headSha,
    actorId: byId,
    kind: 'merge_queue_merge',
  });
  for (const { number } of entries)
    await announcePull(world, {
      repository,
      pull: world.pull(repository, number),
      action: 'closed',
      senderId: byId,
    });
  for (const one of groups) await destroyMergeGroup(world, repository, one, 'merged');
  return group.headSha;
}

/** The group and those in front that have not landed, first in front. */
function standing(repository: Repository, group: MergeGroup): readonly MergeGroup[] {
  const groups: MergeGroup[] = [];
  for (let one: MergeGroup | null = group; one !== null; one = one.onto)
    if (repository.mergeGroups.has(one.headRef)) groups.unshift(one);
  return groups;
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

/** Everything that waits to be merged into the branch, next one first; null where the branch has no queue. */
export function queueEntries(repository: Repository, branch: string): readonly QueueEntry[] | null {
  if (!repository.mergeQueues.has(branch)) return null;
  return [...repository.mergeGroups.values()]
    .filter((group) => group.baseRef === `refs/heads/${branch}`)
    .flatMap((group) => group.entries);
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
