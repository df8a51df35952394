import { actorOf } from '../access.ts';
import { type MergeMethod, mergePull } from '../model/merging.ts';
import {
  announcePull,
  closePull,
  computeMergeability,
  editPull,
  figures,
  freshMergeability,
  openPull,
  pullCommits,
  pullFiles,
  reopenPull,
} from '../model/pull-requests.ts';
import { Refusal } from '../model/refusal.ts';
import { dismissReview, submitReview } from '../model/reviews.ts';
import type { PullRecord, Repository } from '../model/state.ts';
import type { World } from '../model/world.ts';
import { presentChangedFile, presentCommit } from '../present/commits.ts';
import { presentPull, presentPullSummary, presentReview } from '../present/pull-requests.ts';
import { optionalFlag, optionalText, present, text } from './fields.ts';
import { list } from './paging.ts';
import { created, needs, ok, onRepository, type RepositoryCall, type Route } from './route.ts';

const listedFilesLimit = 3000;
const listedCommitsLimit = 250;

const reviewStates = { APPROVE: 'APPROVED', REQUEST_CHANGES: 'CHANGES_REQUESTED', COMMENT: 'COMMENTED' } as const;

export const pullRequestRoutes = (world: World): readonly Route[] => [
  onRepository('GET /pulls', needs('pull_requests:read'), (call) => {
    const { repository, query } = call;
    const state = query.state ?? 'open';
    const found = world
      .pulls(repository)
      .filter((pull) => state === 'all' || pull.state === state)
      .filter((pull) => query.base === undefined || pull.pull.baseRef === query.base)
      .filter((pull) => query.head === undefined || headLabel(world, pull) === query.head);
    return list(call, ordered(found, query), (pull) => presentPullSummary(world, repository, pull));
  }),

  onRepository('POST /pulls', needs('pull_requests:write'), async ({ repository, body, caller }) => {
    const head = text(body, 'head');
    const pull = await openPull(world, {
      repository,
      ...headOf(world, repository, head),
      baseRef: text(body, 'base'),
      title: text(body, 'title'),
      body: optionalText(body, 'body') ?? null,
      authorId: actorOf(caller).accountId,
      draft: optionalFlag(body, 'draft') ?? false,
    });
    return created(await full(world, repository, pull));
  }),

  onRepository('GET /pulls/{pull_number}', needs(['pull_requests:read', 'contents:read']), async (call) => {
    const { repository } = call;
    const pull = pullOf(world, call);
    if (pull.state === 'closed') return ok(await full(world, repository, pull));
    const fresh = await freshMergeability(world, repository, pull);
    pull.pull.mergeability = fresh;
    const body = await full(world, repository, pull);
    if (fresh === null) await computeMergeability(world, repository, pull);
    return ok(body);
  }),

  onRepository('PATCH /pulls/{pull_number}', needs('pull_requests:write'), async (call) => {
    const { repository, body, caller } = call;
    const pull = pullOf(world, call);
    const byId = actorOf(caller).accountId;
    await editPull(world, repository, pull, {
      byId,
      ...present({
        title: optionalText(body, 'title'),
        body: optionalText(body, 'body'),
        base: optionalText(body, 'base'),
      }),
    });
    const state = optionalText(body, 'state');
    if (state === 'closed' && pull.state === 'open') {
      closePull(world, pull, byId);
      await announcePull(world, { repository, pull, action: 'closed', senderId: byId });
    }
    if (state === 'open' && pull.state === 'closed') await reopenPull(world, repository, pull, byId);
    return ok(await full(world, repository, pull));
  }),

  onRepository('GET /pulls/{pull_number}/files', needs('pull_requests:read'), async (call) => {
    const { repository } = call;
    const pull = pullOf(world, call);
    const files = await pullFiles(world, repository, pull);
    return list(call, files.slice(0, listedFilesLimit), (file) =>
      presentChangedFile(world, repository, file, pull.pull.headSha),
    );
  }),

  onRepository('GET /pulls/{pull_number}/commits', needs('pull_requests:read'), async (call) => {
    const { repository } = call;
    const shas = await pullCommits(world, repository, pullOf(world, call));
    return list(call, shas.slice(0, listedCommitsLimit), async (sha) =>
      presentCommit(world, repository, await world.git.read(repository.id, sha)),
    );
  }),

  onRepository('GET /pulls/{pull_number}/reviews', needs('pull_requests:read'), (call) => {
    const pull = pullOf(world, call);
    return list(call, pull.pull.reviews, (review) => presentReview(world, call.repository, pull, review));
  }),

  onRepository('POST /pulls/{pull_number}/reviews', needs('pull_requests:write'), (call) => {
    const { repository, body, caller } = call;
    const pull = pullOf(world, call);
    const event = text(body, 'event');
    if (!(event in reviewStates))
      throw new Refusal(422, `Variable $event of type PullRequestReviewEvent was provided invalid value: ${event}`);
    const review = submitReview(world, {
      repository,
      pull,
      authorId: actorOf(caller).accountId,
      state: reviewStates[event as keyof typeof reviewStates],
      commitSha: optionalText(body, 'commit_id') ?? pull.pull.headSha,
      body: optionalText(body, 'body') ?? '',
    });
    return ok(presentReview(world, repository, pull, review));
  }),

  onRepository(
    'PUT /pulls/{pull_number}/reviews/{review_id}/dismissals',
    needs('pull_requests:write', 'write'),
    (call) => {
      const { repository, caller } = call;
      const pull = pullOf(world, call);
      text(call.body, 'message');
      const review = dismissReview(world, repository, pull, {
        reviewId: Number(call.path.review_id),
        byId: actorOf(caller).accountId,
      });
      return ok(presentReview(world, repository, pull, review));
    },
  ),

  onRepository('PUT /pulls/{pull_number}/merge', needs('contents:write', 'write'), async (call) => {
    const { repository, body, caller } = call;
    const method = (optionalText(body, 'merge_method') ?? 'merge') as MergeMethod;
    const sha = await mergePull(world, {
      repository,
      pull: pullOf(world, call),
      byId: actorOf(caller).accountId,
      method,
      expectedHeadSha: optionalText(body, 'sha') ?? null,
      rules: 'enforced',
    });
    return ok({ sha, merged: true, message: 'Pull Request successfully merged' });
  }),
];

/** `branch`, or `owner:branch` for a fork's. */
export function headOf(
  world: World,
  repository: Repository,
  head: string,
): { readonly headRepository: Repository; readonly headRef: string } {
  const at = head.indexOf(':');
  if (at < 0) return { headRepository: repository, headRef: head };
  const owner = world.findAccount(head.slice(0, at));
  const family = [...world.state.repositories.values()].filter(
    (candidate) => candidate.id === repository.id || candidate.parentId === repository.id,
  );
  const headRepository = family.find((candidate) => candidate.ownerId === owner?.id);
  if (headRepository === undefined)
    throw new Refusal(422, 'Validation Failed', [{ resource: 'PullRequest', field: 'head', code: 'invalid' }]);
  return { headRepository, headRef: head.slice(at + 1) };
}

const full = async (world: World, repository: Repository, pull: PullRecord) =>
  presentPull(world, repository, pull, await figures(world, repository, pull));

const pullOf = (world: World, call: RepositoryCall): PullRecord =>
  world.pull(call.repository, Number(call.path.pull_number));

function headLabel(world: World, pull: PullRecord): string {
  const repository = world.state.repositories.get(pull.pull.headRepositoryId);
  return repository === undefined ? '' : `${world.accountById(repository.ownerId).login}:${pull.pull.headRef}`;
}

/** Newest first unless asked otherwise. */
function ordered(pulls: readonly PullRecord[], query: RepositoryCall['query']): readonly PullRecord[] {
  const key = (pull: PullRecord): number => (query.sort === 'updated' ? pull.updatedAt.getTime() : pull.number);
  const ascending = pulls.toSorted((one, other) => key(one) - key(other));
  const wantsAscending =
    query.direction === 'asc' ||
    (query.direction === undefined && query.sort !== undefined && query.sort !== 'created');
  return wantsAscending ? ascending : ascending.toReversed();
}
