import { presentComment, presentIssue } from '../present/issues.ts';
import type { Actor } from './actor.ts';
import { announce } from './announce.ts';
import { announcePull } from './pull-requests.ts';
import { invalid, notFound } from './refusal.ts';
import {
  type CommentRecord,
  type IssueRecord,
  isPull,
  type Label,
  type ReactionRecord,
  type Repository,
} from './state.ts';
import type { World } from './world.ts';

const bodyLimit = 65_536;
const titleLimit = 256;

export interface NewIssue {
  readonly repository: Repository;
  readonly author: Actor;
  readonly title: string;
  readonly body: string | null;
  readonly labels: readonly string[];
  readonly assignees: readonly string[];
}

export function createIssue(world: World, wanted: NewIssue): IssueRecord {
  const { repository } = wanted;
  if (wanted.title.length > titleLimit)
    throw invalid('Issue', 'title', `title is too long (maximum is ${titleLimit} characters)`);
  refuseLongBody('Issue', wanted.body);
  const now = world.clock.now();
  const issue: IssueRecord = {
    id: world.newId(),
    number: repository.nextNumber++,
    authorId: wanted.author.accountId,
    appId: wanted.author.appId,
    createdAt: now,
    updatedAt: now,
    pull: null,
    title: wanted.title,
    body: wanted.body,
    state: 'open',
    stateReason: null,
    labels: wanted.labels.map((name) => ensureLabel(world, repository, name).name),
    assigneeIds: wanted.assignees.flatMap((login) => world.findAccount(login)?.id ?? []),
    closedAt: null,
    closedById: null,
  };
  repository.issues.set(issue.number, issue);
  announce(world, {
    repository,
    event: 'issues',
    action: 'opened',
    senderId: wanted.author.accountId,
    payload: { issue: presentIssue(world, repository, issue) },
  });
  return issue;
}

export interface IssueEdit {
  readonly byId: number;
  readonly title?: string;
  readonly body?: string | null;
  readonly state?: 'open' | 'closed';
  readonly stateReason?: IssueRecord['stateReason'];
  readonly labels?: readonly string[];
  readonly assignees?: readonly string[];
}

export function editIssue(world: World, repository: Repository, issue: IssueRecord, edit: IssueEdit): void {
  const now = world.clock.now();
  refuseLongBody('Issue', edit.body ?? null);
  if (edit.title !== undefined) issue.title = edit.title;
  if (edit.body !== undefined) issue.body = edit.body;
  if (edit.labels !== undefined) issue.labels = edit.labels.map((name) => ensureLabel(world, repository, name).name);
  if (edit.assignees !== undefined)
    issue.assigneeIds = edit.assignees.flatMap((login) => world.findAccount(login)?.id ?? []);
  issue.updatedAt = now;
  if (edit.state === undefined || edit.state === issue.state) return;
  issue.state = edit.state;
  issue.stateReason = edit.state === 'closed' ? (edit.stateReason ?? 'completed') : 'reopened';
  issue.closedAt = edit.state === 'closed' ? now : null;
  issue.closedById = edit.state === 'closed' ? edit.byId : null;
  announce(world, {
    repository,
    event: 'issues',
    action: edit.state === 'closed' ? 'closed' : 'reopened',
    senderId: edit.byId,
    payload: { issue: presentIssue(world, repository, issue) },
  });
}

/** Naming a label that the repository does not have creates it, as GitHub's issues API does. */
export function ensureLabel(
  world: World,
  repository: Repository,
  name: string,
  look: { readonly color?: string; readonly description?: string | null } = {},
): Label {
  const known = repository.labels.get(name.toLowerCase());
  if (known !== undefined) return known;
  const label: Label = {
    id: world.newId(),
    name,
    color: look.color ?? 'ededed',
    description: look.description ?? null,
  };
  repository.labels.set(name.toLowerCase(), label);
  return label;
}

export async function addLabels(
  world: World,
  repository: Repository,
  issue: IssueRecord,
  labels: { readonly names: readonly string[]; readonly byId: number },
): Promise<void> {
  for (const name of labels.names) {
    const label = ensureLabel(world, repository, name);
    if (issue.labels.includes(label.name)) continue;
    issue.labels = [...issue.labels, label.name];
    issue.updatedAt = world.clock.now();
    if (isPull(issue))
      await announcePull(world, {
        repository,
        pull: issue,
        action: 'labeled',
        senderId: labels.byId,
        extra: { label: labelPayload(world, repository, issue, label.name) },
      });
  }
}

export async function removeLabel(
  world: World,
  repository: Repository,
  issue: IssueRecord,
  removal: { readonly name: string; readonly byId: number },
): Promise<void> {
  const held = issue.labels.find((name) => name.toLowerCase() === removal.name.toLowerCase());
  if (held === undefined) throw notFound();
  const label = labelPayload(world, repository, issue, held);
  issue.labels = issue.labels.filter((name) => name !== held);
  issue.updatedAt = world.clock.now();
  if (isPull(issue))
    await announcePull(world, {
      repository,
      pull: issue,
      action: 'unlabeled',
      senderId: removal.byId,
      extra: { label },
    });
}

const labelPayload = (world: World, repository: Repository, issue: IssueRecord, name: string) =>
  presentIssue(world, repository, issue).labels.find((label) => label.name === name);

export function addComment(
  world: World,
  wanted: {
    readonly repository: Repository;
    readonly issue: IssueRecord;
    readonly author: Actor;
    readonly body: string;
  },
): CommentRecord {
  const { repository, issue } = wanted;
  refuseBadComment(wanted.body);
  const now = world.clock.now();
  const comment: CommentRecord = {
    id: world.newId(),
    issueNumber: issue.number,
    authorId: wanted.author.accountId,
    appId: wanted.author.appId,
    createdAt: now,
    updatedAt: now,
    body: wanted.body,
  };
  repository.comments.set(comment.id, comment);
  issue.updatedAt = now;
  announceComment(world, repository, comment, { action: 'created', senderId: comment.authorId });
  return comment;
}

export function editComment(
  world: World,
  repository: Repository,
  comment: CommentRecord,
  edit: { readonly body: string; readonly byId: number },
): void {
  refuseBadComment(edit.body);
  const from = comment.body;
  comment.body = edit.body;
  comment.updatedAt = world.clock.now();
  announceComment(world, repository, comment, {
    action: 'edited',
    senderId: edit.byId,
    extra: { changes: { body: { from } } },
  });
}

export function deleteComment(world: World, repository: Repository, comment: CommentRecord, byId: number): void {
  repository.comments.delete(comment.id);
  announceComment(world, repository, comment, { action: 'deleted', senderId: byId });
}

export function findComment(repository: Repository, id: number): CommentRecord {
  const comment = repository.comments.get(id);
  if (comment === undefined) throw notFound();
  return comment;
}

/** The same reaction of the same account twice is one; `isNew` tells which. */
export function react(
  world: World,
  repository: Repository,
  comment: CommentRecord,
  wanted: { readonly authorId: number; readonly content: string },
): { readonly reaction: ReactionRecord; readonly isNew: boolean } {
  const known = [...repository.reactions.values()].find(
    (reaction) =>
      reaction.commentId === comment.id && reaction.authorId === wanted.authorId && reaction.content === wanted.content,
  );
  if (known !== undefined) return { reaction: known, isNew: false };
  const reaction: ReactionRecord = {
    id: world.newId(),
    commentId: comment.id,
    authorId: wanted.authorId,
    content: wanted.content,
    createdAt: world.clock.now(),
  };
  repository.reactions.set(reaction.id, reaction);
  return { reaction, isNew: true };
}

function announceComment(
  world: World,
  repository: Repository,
  comment: CommentRecord,
  happened: { readonly action: string; readonly senderId: number; readonly extra?: Readonly<Record<string, unknown>> },
): void {
  const issue = world.issue(repository, comment.issueNumber);
  announce(world, {
    repository,
    event: 'issue_comment',
    action: happened.action,
    senderId: happened.senderId,
    payload: {
      issue: presentIssue(world, repository, issue),
      comment: presentComment(world, repository, comment),
      ...happened.extra,
    },
  });
}

function refuseBadComment(body: string): void {
  if (body.trim() === '') throw invalid('IssueComment', 'body', 'body cannot be blank');
  refuseLongBody('IssueComment', body);
}

function refuseLongBody(resource: string, body: string | null): void {
  if (body !== null && [...body].length > bodyLimit)
    throw invalid(resource, 'body', `body is too long (maximum is ${bodyLimit} characters)`);
}
