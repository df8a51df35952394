import type { Signature } from '../git-storage.ts';
import { moveBranch } from './branches.ts';
import { isPassing, latestRuns } from './checks.ts';
import { announcePull, baseTip, computeMergeability, markMerged, pullCommits, webFlow } from './pull-requests.ts';
import { Refusal } from './refusal.ts';
import type { PullRecord, Repository } from './state.ts';
import { noreplyEmail, type World } from './world.ts';

export type MergeMethod = 'merge' | 'squash' | 'rebase';

export interface MergeRequest {
  readonly repository: Repository;
  readonly pull: PullRecord;
  readonly byId: number;
  readonly method: MergeMethod;
  /** The head that the person saw; null accepts any. */
  readonly expectedHeadSha: string | null;
  readonly rules: 'enforced' | 'bypassed';
}

export async function mergePull(world: World, request: MergeRequest): Promise<string> {
  const { repository, pull } = request;
  await refuseUnmergeable(world, request);
  const before = await baseTip(world, repository, pull.pull.baseRef);
  const by = world.accountById(request.byId);
  const after = await land(world, request, { base: before, merger: { name: by.name, email: noreplyEmail(by) } });
  markMerged(world, pull, { sha: after, byId: request.byId });
  await moveBranch(world, {
    repository,
    branch: pull.pull.baseRef,
    before,
    after,
    actorId: request.byId,
    kind: 'pr_merge',
  });
  await announcePull(world, { repository, pull, action: 'closed', senderId: request.byId });
  return after;
}

async function refuseUnmergeable(world: World, request: MergeRequest): Promise<void> {
  const { repository, pull } = request;
  if (pull.state === 'closed') throw new Refusal(405, 'Pull Request is not mergeable');
  if (pull.pull.draft) throw new Refusal(405, 'Pull Request is still a draft');
  if (request.expectedHeadSha !== null && request.expectedHeadSha !== pull.pull.headSha) {
    throw new Refusal(409, 'Head branch was modified. Review and try the merge again.');
  }
  if (request.rules === 'enforced') refuseUnmetChecks(repository, pull);
  const { mergeable } = await computeMergeability(world, repository, pull);
  if (!mergeable) throw new Refusal(405, 'Pull Request has merge conflicts');
}

function refuseUnmetChecks(repository: Repository, pull: PullRecord): void {
  const runs = latestRuns(repository, pull.pull.headSha);
  const unmet = (repository.requiredChecks.get(pull.pull.baseRef) ?? []).filter(
    (name) => !runs.some((run) => run.name === name && isPassing(run)),
  );
  if (unmet.length > 0)
    throw new Refusal(
      405,
      `Required status check${unmet.length > 1 ? 's' : ''} ${unmet.map((name) => `"${name}"`).join(', ')} have not succeeded.`,
    );
}

function land(
  world: World,
  request: MergeRequest,
  onto: { readonly base: string; readonly merger: Signature },
): Promise<string> {
  switch (request.method) {
    case 'merge':
      return landMerge(world, request, onto);
    case 'squash':
      return landSquash(world, request, onto);
    case 'rebase':
      return landRebase(world, request, onto);
  }
}

async function landMerge(
  world: World,
  { repository, pull }: MergeRequest,
  onto: { readonly base: string; readonly merger: Signature },
): Promise<string> {
  const head = world.state.repositories.get(pull.pull.headRepositoryId) ?? repository;
  return world.git.commitTree(repository.id, {
    tree: await mergedTree(world, repository, onto.base, pull.pull.headSha),
    parents: [onto.base, pull.pull.headSha],
    author: onto.merger,
    committer: webFlow,
    message: `Merge pull request #${pull.number} from ${world.accountById(head.ownerId).login}/${pull.pull.headRef}\n\n${pull.title}`,
    at: world.clock.now(),
  });
}

async function landSquash(
  world: World,
  { repository, pull }: MergeRequest,
  onto: { readonly base: string; readonly merger: Signature },
): Promise<string> {
  const author = world.accountById(pull.authorId);
  return world.git.commitTree(repository.id, {
    tree: await mergedTree(world, repository, onto.base, pull.pull.headSha),
    parents: [onto.base],
    author: { name: author.name, email: noreplyEmail(author) },
    committer: webFlow,
    message: `${pull.title} (#${pull.number})`,
    at: world.clock.now(),
  });
}

/**
 * Each commit again on top of the base. git 2.39 cannot be told a merge base, so a throw-away commit of the new tip's tree on the
 * commit's own parent makes git find that parent as the base of the three-way merge.
 */
async function landRebase(
  world: World,
  { repository, pull }: MergeRequest,
  onto: { readonly base: string; readonly merger: Signature },
): Promise<string> {
  let tip = onto.base;
  for (const sha of await pullCommits(world, repository, pull)) {
    const commit = await world.git.read(repository.id, sha);
    const parent = commit.parents[0];
    if (parent === undefined || commit.parents.length > 1) throw new Refusal(405, 'This branch can not be rebased');
    const tipCommit = await world.git.read(repository.id, tip);
    const scaffold = await world.git.commitTree(repository.id, {
      tree: tipCommit.tree,
      parents: [parent],
      author: webFlow,
      committer: webFlow,
      message: 'scaffold',
      at: world.clock.now(),
    });
    tip = await world.git.commitTree(repository.id, {
      tree: await mergedTree(world, repository, scaffold, sha),
      parents: [tip],
      author: commit.author,
      committer: onto.merger,
      message: commit.message,
      at: world.clock.now(),
    });
    pull.pull.landedShas.add(tip);
  }
  return tip;
}

async function mergedTree(world: World, repository: Repository, base: string, head: string): Promise<string> {
  const tree = await world.git.mergeTree(repository.id, base, head);
  if (tree === null) throw new Refusal(405, 'Pull Request has merge conflicts');
  return tree;
}
