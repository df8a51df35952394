import { presentPullSummary, presentReview } from '../present/pull-requests.ts';
import { announce } from './announce.ts';
import { invalid, notFound, Refusal } from './refusal.ts';
import type { PullRecord, Repository, ReviewRecord, ReviewState } from './state.ts';
import type { World } from './world.ts';

export interface NewReview {
  readonly repository: Repository;
  readonly pull: PullRecord;
  readonly authorId: number;
  readonly state: Exclude<ReviewState, 'DISMISSED'>;
  readonly commitSha: string | null;
  readonly body: string;
  /** Default: now. */
  readonly submittedAt?: Date;
}

export function submitReview(world: World, wanted: NewReview): ReviewRecord {
  const { repository, pull } = wanted;
  if (wanted.authorId === pull.authorId && wanted.state !== 'COMMENTED') {
    const verb = wanted.state === 'APPROVED' ? 'approve' : 'request changes on';
    throw new Refusal(422, 'Unprocessable Entity', [`Can not ${verb} your own pull request`]);
  }
  if (wanted.state !== 'APPROVED' && wanted.body === '')
    throw invalid('PullRequestReview', 'body', `${wanted.state} reviews need a body`);
  const now = world.clock.now();
  const review: ReviewRecord = {
    id: world.newId(),
    authorId: wanted.authorId,
    commitSha: wanted.commitSha,
    body: wanted.body,
    state: wanted.state,
    submittedAt: wanted.submittedAt ?? now,
    updatedAt: now,
  };
  pull.pull.reviews.push(review);
  pull.updatedAt = now;
  announceReview(world, repository, pull, { review, action: 'submitted', senderId: wanted.authorId });
  return review;
}

/** Its words change; its state, its commit and its time do not. */
export function editReview(
  world: World,
  repository: Repository,
  pull: PullRecord,
  edit: { readonly reviewId: number; readonly body: string },
): void {
  const review = pull.pull.reviews.find((candidate) => candidate.id === edit.reviewId);
  if (review === undefined) throw notFound();
  const from = review.body;
  review.body = edit.body;
  review.updatedAt = world.clock.now();
  announceReview(world, repository, pull, {
    review,
    action: 'edited',
    senderId: review.authorId,
    changes: { body: { from } },
  });
}

/** The review stays, its state becomes DISMISSED. */
export function dismissReview(
  world: World,
  repository: Repository,
  pull: PullRecord,
  dismissal: { readonly reviewId: number; readonly byId: number },
): ReviewRecord {
  const review = pull.pull.reviews.find((candidate) => candidate.id === dismissal.reviewId);
  if (review === undefined) throw notFound();
  if (review.state !== 'APPROVED' && review.state !== 'CHANGES_REQUESTED')
    throw new Refusal(422, 'Can not dismiss a commented pull request review');
  review.state = 'DISMISSED';
  review.updatedAt = world.clock.now();
  announceReview(world, repository, pull, { review, action: 'dismissed', senderId: dismissal.byId });
  return review;
}

/** Webhooks write a review's state in lower case, REST in upper case. */
function announceReview(
  world: World,
  repository: Repository,
  pull: PullRecord,
  happened: {
    readonly review: ReviewRecord;
    readonly action: string;
    readonly senderId: number;
    readonly changes?: object;
  },
): void {
  const shown = presentReview(world, repository, pull, happened.review);
  announce(world, {
    repository,
    event: 'pull_request_review',
    action: happened.action,
    senderId: happened.senderId,
    payload: {
      pull_request: presentPullSummary(world, repository, pull),
      review: { ...shown, state: shown.state.toLowerCase() },
      ...(happened.changes && { changes: happened.changes }),
    },
  });
}
