import { optionalTimestamp, timestamp } from '../clock.ts';
import type { PullRecord, Repository, ReviewRecord } from '../model/state.ts';
import type { World } from '../model/world.ts';
import { optionalUser, userById } from './accounts.ts';
import { labelsOf } from './issues.ts';
import { nodeId } from './node-id.ts';
import { authorAssociation, presentRepository, repositoryApi, repositoryPage } from './repositories.ts';

/** What only git can tell about a pull request. */
export interface PullFigures {
  readonly commits: number;
  readonly additions: number;
  readonly deletions: number;
  readonly changedFiles: number;
}

export function presentPullSummary(world: World, repository: Repository, pull: PullRecord) {
  const api = repositoryApi(world, repository);
  const url = `${api}/pulls/${pull.number}`;
  const issueUrl = `${api}/issues/${pull.number}`;
  const page = `${repositoryPage(world, repository)}/pull/${pull.number}`;
  const { pull: part } = pull;
  const reviewComment = `${api}/pulls/comments{/number}`;
  const statuses = `${api}/statuses/${part.headSha}`;
  return {
    url,
    id: pull.id,
    node_id: nodeId('PullRequest', pull.id),
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: issueUrl,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: reviewComment,
    comments_url: `${issueUrl}/comments`,
    statuses_url: statuses,
    number: pull.number,
    state: pull.state,
    locked: false,
    active_lock_reason: null,
    title: pull.title,
    user: userById(world, pull.authorId),
    body: pull.body,
    labels: labelsOf(world, repository, pull),
    milestone: null,
    created_at: timestamp(pull.createdAt),
    updated_at: timestamp(pull.updatedAt),
    closed_at: optionalTimestamp(pull.closedAt),
    merged_at: optionalTimestamp(part.mergedAt),
    merge_commit_sha: part.mergeCommitSha ?? part.mergeability?.testMergeSha ?? null,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    draft: part.draft,
    head: side(world, part.headRepositoryId, part.headRef, part.headSha),
    base: side(world, repository.id, part.baseRef, part.baseSha),
    author_association: authorAssociation(world, repository, pull.authorId),
    auto_merge: null,
    _links: {
      self: { href: url },
      html: { href: page },
      issue: { href: issueUrl },
      comments: { href: `${issueUrl}/comments` },
      review_comments: { href: `${url}/comments` },
      review_comment: { href: reviewComment },
      commits: { href: `${url}/commits` },
      statuses: { href: statuses },
    },
  };
}

export function presentPull(world: World, repository: Repository, pull: PullRecord, figures: PullFigures) {
  const { mergeability, mergedAt, mergedById } = pull.pull;
  const mergeable = mergedAt === null ? (mergeability?.mergeable ?? null) : null;
  return {
    ...presentPullSummary(world, repository, pull),
    merged: mergedAt !== null,
    mergeable,
    rebaseable: mergeable,
    mergeable_state: mergeable === null ? 'unknown' : !mergeable ? 'dirty' : pull.pull.draft ? 'draft' : 'clean',
    merged_by: optionalUser(world, mergedById),
    comments: [...repository.comments.values()].filter((comment) => comment.issueNumber === pull.number).length,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: figures.commits,
    additions: figures.additions,
    deletions: figures.deletions,
    changed_files: figures.changedFiles,
  };
}

export function presentReview(world: World, repository: Repository, pull: PullRecord, review: ReviewRecord) {
  const page = `${repositoryPage(world, repository)}/pull/${pull.number}#pullrequestreview-${review.id}`;
  const pullUrl = `${repositoryApi(world, repository)}/pulls/${pull.number}`;
  return {
    id: review.id,
    node_id: nodeId('PullRequestReview', review.id),
    user: world.accountById(review.authorId).deleted ? null : userById(world, review.authorId),
    body: review.body,
    state: review.state,
    html_url: page,
    pull_request_url: pullUrl,
    author_association: authorAssociation(world, repository, review.authorId),
    _links: { html: { href: page }, pull_request: { href: pullUrl } },
    submitted_at: timestamp(review.submittedAt),
    commit_id: review.commitSha,
  };
}

/** The short form that checks and check suites carry; a fork's head gives none, as on GitHub. */
export function presentMinimalPulls(world: World, repository: Repository, headSha: string) {
  const repositoryPart = { id: repository.id, name: repository.name, url: repositoryApi(world, repository) };
  return world
    .pulls(repository)
    .filter(
      (pull) => pull.state === 'open' && pull.pull.headSha === headSha && pull.pull.headRepositoryId === repository.id,
    )
    .map((pull) => ({
      id: pull.id,
      number: pull.number,
      url: `${repositoryApi(world, repository)}/pulls/${pull.number}`,
      head: { ref: pull.pull.headRef, sha: pull.pull.headSha, repo: repositoryPart },
      base: { ref: pull.pull.baseRef, sha: pull.pull.baseSha, repo: repositoryPart },
    }));
}

function side(world: World, repositoryId: number, ref: string, sha: string) {
  const repository = world.state.repositories.get(repositoryId);
  if (repository === undefined)
    throw new Error(`The sandbox GitHub has no repository ${repositoryId}, from which a pull request comes.`);
  const owner = userById(world, repository.ownerId);
  return { label: `${owner.login}:${ref}`, ref, sha, user: owner, repo: presentRepository(world, repository) };
}
