import { type ChangedFile, noCommit, type Signature } from '../git-storage.ts';
import { type PullFigures, presentPull } from '../present/pull-requests.ts';
import { announce } from './announce.ts';
import { Refusal } from './refusal.ts';
import type { Mergeability, PullRecord, Repository } from './state.ts';
import type { World } from './world.ts';

export interface NewPull {
  readonly repository: Repository;
  readonly headRepository: Repository;
  readonly headRef: string;
  readonly baseRef: string;
  readonly title: string;
  readonly body: string | null;
  readonly authorId: number;
  readonly draft: boolean;
}

export async function openPull(world: World, wanted: NewPull): Promise<PullRecord> {
  const { repository, headRepository } = wanted;
  const headSha = await world.git.resolve(headRepository.id, `refs/heads/${wanted.headRef}`);
  if (headSha === null)
    throw new Refusal(422, 'Validation Failed', [{ resource: 'PullRequest', field: 'head', code: 'invalid' }]);
  const baseSha = await baseTip(world, repository, wanted.baseRef);
  const twin = world
    .pulls(repository)
    .find(
      (pull) =>
        pull.state === 'open' &&
        pull.pull.headRepositoryId === headRepository.id &&
        pull.pull.headRef === wanted.headRef &&
        pull.pull.baseRef === wanted.baseRef,
    );
  if (twin !== undefined) {
    const message = `A pull request already exists for ${world.accountById(headRepository.ownerId).login}:${wanted.headRef}.`;
    throw new Refusal(422, 'Validation Failed', [{ resource: 'PullRequest', code: 'custom', message }]);
  }
  if (headRepository.id === repository.id && (await world.git.isAncestor(repository.id, headSha, baseSha))) {
    throw new Refusal(422, 'Validation Failed', [
      {
        resource: 'PullRequest',
        code: 'custom',
        message: `No commits between ${wanted.baseRef} and ${wanted.headRef}`,
      },
    ]);
  }
  const now = world.clock.now();
  const number = repository.nextNumber++;
  const pull: PullRecord = {
    id: world.newId(),
    number,
    authorId: wanted.authorId,
    appId: null,
    createdAt: now,
    updatedAt: now,
    title: wanted.title,
    body: wanted.body,
    state: 'open',
    stateReason: null,
    labels: [],
    assigneeIds: [],
    closedAt: null,
    closedById: null,
    pull: {
      headRepositoryId: headRepository.id,
      headRef: wanted.headRef,
      headSha,
      baseRef: wanted.baseRef,
      baseSha,
      draft: wanted.draft,
      reviews: [],
      landedShas: new Set(),
      mergeability: null,
      mergedAt: null,
      mergedById: null,
      mergeCommitSha: null,
    },
  };
  await world.git.copy(headRepository.id, headSha, repository.id, `refs/pull/${number}/head`);
  repository.issues.set(number, pull);
  await announcePull(world, { repository, pull, action: 'opened', senderId: wanted.authorId });
  return pull;
}

export interface PullEvent {
  readonly repository: Repository;
  readonly pull: PullRecord;
  readonly action: string;
  readonly senderId: number;
  readonly extra?: Readonly<Record<string, unknown>>;
}

export async function announcePull(world: World, happened: PullEvent): Promise<void> {
  const { repository, pull } = happened;
  announce(world, {
    repository,
    event: 'pull_request',
    action: happened.action,
    senderId: happened.senderId,
    payload: {
      number: pull.number,
      pull_request: presentPull(world, repository, pull, await figures(world, repository, pull)),
      ...happened.extra,
    },
  });
}

export async function editPull(
  world: World,
  repository: Repository,
  pull: PullRecord,
  edit: { readonly byId: number; readonly title?: string; readonly body?: string; readonly base?: string },
): Promise<void> {
  const changes: Record<string, unknown> = {};
  if (edit.title !== undefined && edit.title !== pull.title) {
    changes.title = { from: pull.title };
    pull.title = edit.title;
  }
  if (edit.body !== undefined && edit.body !== pull.body) {
    changes.body = { from: pull.body ?? '' };
    pull.body = edit.body;
  }
  if (edit.base !== undefined && edit.base !== pull.pull.baseRef) {
    const sha = await baseTip(world, repository, edit.base);
    changes.base = { ref: { from: pull.pull.baseRef }, sha: { from: pull.pull.baseSha } };
    pull.pull.baseRef = edit.base;
    pull.pull.baseSha = sha;
    pull.pull.mergeability = null;
  }
  if (Object.keys(changes).length === 0) return;
  pull.updatedAt = world.clock.now();
  await announcePull(world, { repository, pull, action: 'edited', senderId: edit.byId, extra: { changes } });
}

export async function setDraft(
  world: World,
  repository: Repository,
  pull: PullRecord,
  change: { readonly draft: boolean; readonly byId: number },
): Promise<void> {
  if (pull.pull.draft === change.draft) return;
  pull.pull.draft = change.draft;
  pull.updatedAt = world.clock.now();
  await announcePull(world, {
    repository,
    pull,
    action: change.draft ? 'converted_to_draft' : 'ready_for_review',
    senderId: change.byId,
  });
}

export async function headMoved(
  world: World,
  repository: Repository,
  pull: PullRecord,
  move: { readonly before: string; readonly after: string; readonly actorId: number },
): Promise<void> {
  await world.git.copy(pull.pull.headRepositoryId, move.after, repository.id, `refs/pull/${pull.number}/head`);
  pull.pull.headSha = move.after;
  pull.pull.baseSha = await baseTip(world, repository, pull.pull.baseRef);
  pull.pull.mergeability = null;
  pull.updatedAt = world.clock.now();
  await announcePull(world, {
    repository,
    pull,
    action: 'synchronize',
    senderId: move.actorId,
    extra: { before: move.before, after: move.after },
  });
}

/** Somebody pushed the head's commits onto the base by hand; GitHub calls that merged. */
export async function markMergedByPush(
  world: World,
  repository: Repository,
  pull: PullRecord,
  move: { readonly after: string; readonly actorId: number },
): Promise<void> {
  if (move.after === noCommit || !(await world.git.isAncestor(repository.id, pull.pull.headSha, move.after))) return;
  markMerged(world, pull, { sha: move.after, byId: move.actorId });
  await announcePull(world, { repository, pull, action: 'closed', senderId: move.actorId });
}

export function markMerged(
  world: World,
  pull: PullRecord,
  merge: { readonly sha: string; readonly byId: number },
): void {
  const now = world.clock.now();
  pull.pull.mergedAt = now;
  pull.pull.mergedById = merge.byId;
  pull.pull.mergeCommitSha = merge.sha;
  pull.pull.landedShas.add(merge.sha);
  pull.state = 'closed';
  pull.closedAt = now;
  pull.closedById = merge.byId;
  pull.updatedAt = now;
}

export function closePull(world: World, pull: PullRecord, byId: number): void {
  const now = world.clock.now();
  pull.state = 'closed';
  pull.closedAt = now;
  pull.closedById = byId;
  pull.updatedAt = now;
}

export async function reopenPull(world: World, repository: Repository, pull: PullRecord, byId: number): Promise<void> {
  if (pull.state === 'open' || pull.pull.mergedAt !== null)
    throw new Refusal(422, 'Validation Failed', [
      { resource: 'PullRequest', code: 'custom', message: 'state cannot be changed.' },
    ]);
  pull.state = 'open';
  pull.closedAt = null;
  pull.closedById = null;
  pull.updatedAt = world.clock.now();
  await announcePull(world, { repository, pull, action: 'reopened', senderId: byId });
}

/** null until somebody has asked once: GitHub works it out in the background. */
export async function freshMergeability(
  world: World,
  repository: Repository,
  pull: PullRecord,
): Promise<Mergeability | null> {
  const tip = await baseTip(world, repository, pull.pull.baseRef);
  const known = pull.pull.mergeability;
  return known !== null && known.baseTip === tip && known.headSha === pull.pull.headSha ? known : null;
}

export async function computeMergeability(
  world: World,
  repository: Repository,
  pull: PullRecord,
): Promise<Mergeability> {
  const tip = await baseTip(world, repository, pull.pull.baseRef);
  const { headSha } = pull.pull;
  const tree = await world.git.mergeTree(repository.id, tip, headSha);
  const testMergeSha = tree === null ? null : await testMerge(world, repository, { tree, tip, headSha });
  if (testMergeSha !== null) await world.git.setRef(repository.id, `refs/pull/${pull.number}/merge`, testMergeSha);
  const mergeability = { headSha, baseTip: tip, mergeable: tree !== null, testMergeSha };
  pull.pull.mergeability = mergeability;
  return mergeability;
}

function testMerge(
  world: World,
  repository: Repository,
  merge: { readonly tree: string; readonly tip: string; readonly headSha: string },
): Promise<string> {
  return world.git.commitTree(repository.id, {
    tree: merge.tree,
    parents: [merge.tip, merge.headSha],
    author: webFlow,
    committer: webFlow,
    message: `Merge ${merge.headSha} into ${merge.tip}`,
    at: world.clock.now(),
  });
}

/** GitHub itself commits merges made on its pages. */
export const webFlow: Signature = { name: 'GitHub', email: 'noreply@github.com' };

export async function figures(world: World, repository: Repository, pull: PullRecord): Promise<PullFigures> {
  const [commits, files] = await Promise.all([
    pullCommits(world, repository, pull),
    pullFiles(world, repository, pull),
  ]);
  return {
    commits: commits.length,
    changedFiles: files.length,
    additions: files.reduce((sum, file) => sum + file.additions, 0),
    deletions: files.reduce((sum, file) => sum + file.deletions, 0),
  };
}

export const pullCommits = (world: World, repository: Repository, pull: PullRecord): Promise<readonly string[]> =>
  world.git.between(repository.id, pull.pull.baseSha, pull.pull.headSha);

/** The three-dot difference: what the head changed since it left the base. */
export async function pullFiles(
  world: World,
  repository: Repository,
  pull: PullRecord,
): Promise<readonly ChangedFile[]> {
  const from = await world.git.mergeBase(repository.id, pull.pull.baseSha, pull.pull.headSha);
  return world.git.changedFiles(repository.id, from ?? pull.pull.baseSha, pull.pull.headSha);
}

export async function baseTip(world: World, repository: Repository, branch: string): Promise<string> {
  const sha = await world.git.resolve(repository.id, `refs/heads/${branch}`);
  if (sha === null)
    throw new Refusal(422, 'Validation Failed', [{ resource: 'PullRequest', field: 'base', code: 'invalid' }]);
  return sha;
}
