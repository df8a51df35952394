import { noCommit } from '../git-storage.ts';
import { presentPushedCommit } from '../present/commits.ts';
import { repositoryPage } from '../present/repositories.ts';
import { announce } from './announce.ts';
import { requestCheckSuites } from './checks.ts';
import { announcePull, closePull, headMoved, markMergedByPush } from './pull-requests.ts';
import type { Activity, Repository } from './state.ts';
import type { World } from './world.ts';

export interface BranchMove {
  readonly repository: Repository;
  readonly branch: string;
  readonly before: string;
  readonly after: string;
  readonly actorId: number;
  readonly kind: Activity['kind'];
}

/** At most so many commits does a push event carry. */
const pushedCommitsLimit = 2048;

/** What GitHub does when a branch moves: the ref, the activity record, the events, the pull requests that hang on it. */
export async function moveBranch(world: World, move: BranchMove): Promise<void> {
  const { repository, branch, before, after } = move;
  const ref = `refs/heads/${branch}`;
  if (after === noCommit) await world.git.deleteRef(repository.id, ref);
  else await world.git.moveRef(repository.id, ref, { before, after });
  const now = world.clock.now();
  repository.pushedAt = now;
  repository.activity.push({ id: world.newId(), before, after, ref, kind: move.kind, actorId: move.actorId, at: now });
  await announcePush(world, move);
  if (after !== noCommit)
    await requestCheckSuites(world, repository, { headSha: after, headBranch: branch, before, senderId: move.actorId });
  await movePulls(world, move);
}

async function movePulls(world: World, move: BranchMove): Promise<void> {
  for (const base of world.state.repositories.values()) {
    for (const pull of world.pulls(base)) {
      if (pull.state !== 'open') continue;
      const isHead = pull.pull.headRepositoryId === move.repository.id && pull.pull.headRef === move.branch;
      if (isHead && move.after === noCommit) {
        closePull(world, pull, move.actorId);
        await announcePull(world, { repository: base, pull, action: 'closed', senderId: move.actorId });
      } else if (isHead) {
        await headMoved(world, base, pull, move);
      } else if (
        base.id === move.repository.id &&
        pull.pull.baseRef === move.branch &&
        move.kind !== 'pr_merge' &&
        move.kind !== 'merge_queue_merge'
      ) {
        await markMergedByPush(world, base, pull, move);
      }
    }
  }
}

async function announcePush(world: World, move: BranchMove): Promise<void> {
  const { repository, before, after, branch } = move;
  const pusher = world.accountById(move.actorId);
  const shas = after === noCommit ? [] : await world.git.between(repository.id, await base(world, move), after);
  const commits = await Promise.all(shas.slice(-pushedCommitsLimit).map((sha) => pushedCommit(world, repository, sha)));
  announce(world, {
    repository,
    event: 'push',
    action: null,
    senderId: move.actorId,
    payload: {
      ref: `refs/heads/${branch}`,
      before,
      after,
      created: before === noCommit,
      deleted: after === noCommit,
      forced: move.kind === 'force_push',
      base_ref: null,
      compare: `${repositoryPage(world, repository)}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
      commits,
      head_commit: after === noCommit ? null : await pushedCommit(world, repository, after),
      pusher: { name: pusher.login, email: pusher.email },
    },
  });
}

/** What a new branch brings is counted from the default branch. */
async function base(world: World, move: BranchMove): Promise<string | null> {
  if (move.before !== noCommit) return move.before;
  return move.branch === move.repository.defaultBranch
    ? null
    : world.git.resolve(move.repository.id, `refs/heads/${move.repository.defaultBranch}`);
}

async function pushedCommit(world: World, repository: Repository, sha: string) {
  const commit = await world.git.read(repository.id, sha);
  const parent = commit.parents[0];
  const changed = parent === undefined ? [] : await world.git.changedFiles(repository.id, parent, sha);
  return presentPushedCommit(world, repository, commit, changed);
}
