import { optionalTimestamp, timestamp } from '../clock.ts';
import type { CommentRecord, IssueRecord, ReactionRecord, Repository } from '../model/state.ts';
import type { World } from '../model/world.ts';
import { optionalUser, userById } from './accounts.ts';
import { optionalApp } from './apps.ts';
import { nodeId } from './node-id.ts';
import { authorAssociation, presentLabel, repositoryApi, repositoryPage } from './repositories.ts';

const contents = ['+1', '-1', 'laugh', 'hooray', 'confused', 'heart', 'rocket', 'eyes'] as const;

export function presentIssue(world: World, repository: Repository, issue: IssueRecord) {
  const api = repositoryApi(world, repository);
  const url = `${api}/issues/${issue.number}`;
  const pullUrl = `${api}/pulls/${issue.number}`;
  const page = `${repositoryPage(world, repository)}/${issue.pull === null ? 'issues' : 'pull'}/${issue.number}`;
  const assignees = issue.assigneeIds.map((id) => userById(world, id));
  return {
    id: issue.id,
    node_id: nodeId('Issue', issue.id),
    url,
    repository_url: api,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    timeline_url: `${url}/timeline`,
    html_url: page,
    number: issue.number,
    state: issue.state,
    state_reason: issue.stateReason,
    title: issue.title,
    body: issue.body,
    user: userById(world, issue.authorId),
    labels: labelsOf(world, repository, issue),
    assignee: assignees[0] ?? null,
    assignees,
    milestone: null,
    locked: false,
    active_lock_reason: null,
    comments: [...repository.comments.values()].filter((comment) => comment.issueNumber === issue.number).length,
    closed_at: optionalTimestamp(issue.closedAt),
    closed_by: optionalUser(world, issue.closedById),
    created_at: timestamp(issue.createdAt),
    updated_at: timestamp(issue.updatedAt),
    author_association: authorAssociation(world, repository, issue.authorId),
    performed_via_github_app: optionalApp(world, issue.appId),
    reactions: reactionSummary(`${url}/reactions`, []),
    ...(issue.pull === null
      ? {}
      : {
          draft: issue.pull.draft,
          pull_request: {
            url: pullUrl,
            html_url: page,
            diff_url: `${page}.diff`,
            patch_url: `${page}.patch`,
            merged_at: optionalTimestamp(issue.pull.mergedAt),
          },
        }),
  };
}

export const labelsOf = (world: World, repository: Repository, issue: IssueRecord) =>
  issue.labels.flatMap((name) => {
    const label = repository.labels.get(name.toLowerCase());
    return label === undefined ? [] : [presentLabel(world, repository, label)];
  });

export function presentComment(world: World, repository: Repository, comment: CommentRecord) {
  const url = `${repositoryApi(world, repository)}/issues/comments/${comment.id}`;
  const kind = repository.issues.get(comment.issueNumber)?.pull ? 'pull' : 'issues';
  return {
    id: comment.id,
    node_id: nodeId('IssueComment', comment.id),
    url,
    html_url: `${repositoryPage(world, repository)}/${kind}/${comment.issueNumber}#issuecomment-${comment.id}`,
    issue_url: `${repositoryApi(world, repository)}/issues/${comment.issueNumber}`,
    user: userById(world, comment.authorId),
    body: comment.body,
    created_at: timestamp(comment.createdAt),
    updated_at: timestamp(comment.updatedAt),
    author_association: authorAssociation(world, repository, comment.authorId),
    performed_via_github_app: optionalApp(world, comment.appId),
    reactions: reactionSummary(
      `${url}/reactions`,
      [...repository.reactions.values()].filter((reaction) => reaction.commentId === comment.id),
    ),
  };
}

export const presentReaction = (world: World, reaction: ReactionRecord) => ({
  id: reaction.id,
  node_id: nodeId('Reaction', reaction.id),
  user: userById(world, reaction.authorId),
  content: reaction.content,
  created_at: timestamp(reaction.createdAt),
});

const reactionSummary = (url: string, reactions: readonly ReactionRecord[]) => ({
  url,
  total_count: reactions.length,
  ...Object.fromEntries(
    contents.map((content) => [content, reactions.filter((reaction) => reaction.content === content).length]),
  ),
});
