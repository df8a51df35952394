import { type FileContent, noCommit, type Signature } from '../git-storage.ts';
import { moveBranch } from './branches.ts';
import { Refusal } from './refusal.ts';
import type { Repository } from './state.ts';
import type { World } from './world.ts';

export interface Push {
  readonly repository: Repository;
  readonly branch: string;
  readonly files: Readonly<Record<string, FileContent>>;
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
  readonly pusherId: number;
  /** Branch or SHA to start from; null starts at the branch's tip, or at the default branch's for a new one. */
  readonly from: string | null;
  readonly force: boolean;
}

/** Commits and pushes in one step. Without force only a fast-forward is taken, as GitHub would. */
export async function push(world: World, wanted: Push): Promise<string> {
  const { repository, branch } = wanted;
  const tip = await world.git.resolve(repository.id, `refs/heads/${branch}`);
  const parent = await startOf(world, wanted, tip);
  const after = await world.git.commit(repository.id, {
    files: wanted.files,
    parent,
    author: wanted.author,
    committer: wanted.committer,
    message: wanted.message,
    at: world.clock.now(),
  });
  await moveTo(world, { repository, branch, tip, after, pusherId: wanted.pusherId, force: wanted.force });
  return after;
}

export async function pushMerge(
  world: World,
  wanted: {
    readonly repository: Repository;
    readonly branch: string;
    readonly from: string;
    readonly author: Signature;
    readonly message: string;
    readonly pusherId: number;
  },
): Promise<string> {
  const { repository, branch } = wanted;
  const tip = await world.git.resolve(repository.id, `refs/heads/${branch}`);
  const other = await world.git.resolve(repository.id, wanted.from);
  if (tip === null || other === null)
    throw new Error(`Cannot merge "${wanted.from}" into "${branch}": the sandbox's repository lacks one of them.`);
  const tree = await world.git.mergeTree(repository.id, tip, other);
  if (tree === null)
    throw new Error(
      `"${wanted.from}" conflicts with "${branch}" in the sandbox's repository ${world.fullName(repository)}.`,
    );
  const after = await world.git.commitTree(repository.id, {
    tree,
    parents: [tip, other],
    author: wanted.author,
    committer: wanted.author,
    message: wanted.message,
    at: world.clock.now(),
  });
  await moveTo(world, { repository, branch, tip, after, pusherId: wanted.pusherId, force: false });
  return after;
}

async function startOf(world: World, wanted: Push, tip: string | null): Promise<string | null> {
  const { repository } = wanted;
  if (wanted.from !== null) {
    const start = await world.git.resolve(repository.id, wanted.from);
    if (start === null)
      throw new Error(`The sandbox's repository ${world.fullName(repository)} has no "${wanted.from}" to start from.`);
    return start;
  }
  if (tip === null) return world.git.resolve(repository.id, `refs/heads/${repository.defaultBranch}`);
  if (!wanted.force) return tip;
  return (await world.git.read(repository.id, tip)).parents[0] ?? null;
}

async function moveTo(
  world: World,
  move: {
    readonly repository: Repository;
    readonly branch: string;
    readonly tip: string | null;
    readonly after: string;
    readonly pusherId: number;
    readonly force: boolean;
  },
): Promise<void> {
  const { repository, branch, tip, after } = move;
  const forward = tip === null || (await world.git.isAncestor(repository.id, tip, after));
  if (!forward && !move.force)
    throw new Refusal(
      422,
      `Updates were rejected: the push to ${branch} is not a fast-forward; set force to rewrite it.`,
    );
  const kind = tip === null ? 'branch_creation' : forward ? 'push' : 'force_push';
  await moveBranch(world, { repository, branch, before: tip ?? noCommit, after, actorId: move.pusherId, kind });
}
