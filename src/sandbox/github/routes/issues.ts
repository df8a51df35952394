import { actorOf, type Caller } from '../access.ts';
import {
  addComment,
  addLabels,
  createIssue,
  deleteComment,
  editComment,
  editIssue,
  ensureLabel,
  findComment,
  react,
  removeLabel,
} from '../model/issues.ts';
import { notFound, Refusal } from '../model/refusal.ts';
import type { CommentRecord, IssueRecord, Repository } from '../model/state.ts';
import { levelRank, type World } from '../model/world.ts';
import { labelsOf, presentComment, presentIssue, presentReaction } from '../present/issues.ts';
import { presentLabel } from '../present/repositories.ts';
import { isObject, optionalText, optionalTexts, present, text } from './fields.ts';
import { list } from './paging.ts';
import { created, needs, noContent, ok, onRepository, type RepositoryCall, type Route } from './route.ts';

const reading = needs(['issues:read', 'pull_requests:read']);
const conversing = needs(['issues:write', 'pull_requests:write']);
const labelling = needs(['issues:write', 'pull_requests:write'], 'triage');

export const issueRoutes = (world: World): readonly Route[] => [
  onRepository('GET /issues', reading, (call) => {
    const { repository, query } = call;
    const state = query.state ?? 'open';
    const labels = (query.labels ?? '').split(',').filter((label) => label !== '');
    const since = query.since === undefined ? null : new Date(query.since);
    const found = [...repository.issues.values()]
      .filter((issue) => state === 'all' || issue.state === state)
      .filter((issue) =>
        labels.every((label) => issue.labels.some((held) => held.toLowerCase() === label.toLowerCase())),
      )
      .filter((issue) => query.creator === undefined || world.accountById(issue.authorId).login === query.creator)
      .filter((issue) => since === null || issue.updatedAt >= since)
      .toSorted((one, other) => other.number - one.number);
    return list(call, query.direction === 'asc' ? found.toReversed() : found, (issue) =>
      presentIssue(world, repository, issue),
    );
  }),

  onRepository('POST /issues', needs('issues:write'), ({ repository, body, caller }) => {
    const issue = createIssue(world, {
      repository,
      author: actorOf(caller),
      title: String(body.title),
      body: optionalText(body, 'body') ?? null,
      labels: labelNames(body.labels) ?? [],
      assignees: optionalTexts(body, 'assignees') ?? [],
    });
    return created(presentIssue(world, repository, issue));
  }),

  onRepository('GET /issues/{issue_number}', reading, (call) =>
    ok(presentIssue(world, call.repository, issueOf(world, call))),
  ),

  onRepository('PATCH /issues/{issue_number}', needs('issues:write'), (call) => {
    const { repository, body, caller } = call;
    const issue = issueOf(world, call);
    requireAuthorOr(world, call, issue.authorId, 'triage');
    const state = optionalText(body, 'state');
    const reason = optionalText(body, 'state_reason');
    editIssue(world, repository, issue, {
      byId: actorOf(caller).accountId,
      ...present({
        title: body.title === undefined || body.title === null ? undefined : String(body.title),
        body: optionalText(body, 'body'),
        state: state === 'open' || state === 'closed' ? state : undefined,
        stateReason: reason === 'completed' || reason === 'not_planned' || reason === 'reopened' ? reason : undefined,
        labels: labelNames(body.labels),
        assignees: optionalTexts(body, 'assignees'),
      }),
    });
    return ok(presentIssue(world, repository, issue));
  }),

  onRepository('GET /issues/{issue_number}/labels', reading, (call) => {
    const issue = issueOf(world, call);
    return list(call, labelsOf(world, call.repository, issue), (label) => label);
  }),

  onRepository('POST /issues/{issue_number}/labels', labelling, async (call) => {
    const { repository, body, caller } = call;
    const issue = issueOf(world, call);
    await addLabels(world, repository, issue, {
      names: labelNames(body.labels) ?? [],
      byId: actorOf(caller).accountId,
    });
    return ok(labelsOf(world, repository, issue));
  }),

  onRepository('DELETE /issues/{issue_number}/labels/{name}', labelling, async (call) => {
    const { repository, path, caller } = call;
    const issue = issueOf(world, call);
    await removeLabel(world, repository, issue, { name: path.name ?? '', byId: actorOf(caller).accountId });
    return ok(labelsOf(world, repository, issue));
  }),

  onRepository('GET /labels/{name}', reading, ({ repository, path }) => {
    const label = repository.labels.get((path.name ?? '').toLowerCase());
    if (label === undefined) throw notFound();
    return ok(presentLabel(world, repository, label));
  }),

  onRepository('POST /labels', needs(['issues:write', 'pull_requests:write'], 'write'), ({ repository, body }) => {
    const name = text(body, 'name');
    if (repository.labels.has(name.toLowerCase()))
      throw new Refusal(422, 'Validation Failed', [{ resource: 'Label', code: 'already_exists', field: 'name' }]);
    const label = ensureLabel(
      world,
      repository,
      name,
      present({ color: optionalText(body, 'color'), description: optionalText(body, 'description') }),
    );
    return created(presentLabel(world, repository, label));
  }),

  onRepository('GET /issues/{issue_number}/comments', reading, (call) => {
    const issue = issueOf(world, call);
    const since = call.query.since === undefined ? null : new Date(call.query.since);
    const found = [...call.repository.comments.values()].filter(
      (comment) => comment.issueNumber === issue.number && (since === null || comment.updatedAt >= since),
    );
    return list(call, found, (comment) => presentComment(world, call.repository, comment));
  }),

  onRepository('POST /issues/{issue_number}/comments', conversing, (call) => {
    const { repository, caller, body } = call;
    const comment = addComment(world, {
      repository,
      issue: issueOf(world, call),
      author: actorOf(caller),
      body: text(body, 'body'),
    });
    return created(presentComment(world, repository, comment));
  }),

  onRepository('GET /issues/comments/{comment_id}', reading, (call) =>
    ok(presentComment(world, call.repository, commentOf(call))),
  ),

  onRepository('PATCH /issues/comments/{comment_id}', conversing, (call) => {
    const comment = commentOf(call);
    requireAuthorOr(world, call, comment.authorId, 'write');
    editComment(world, call.repository, comment, {
      body: text(call.body, 'body'),
      byId: actorOf(call.caller).accountId,
    });
    return ok(presentComment(world, call.repository, comment));
  }),

  onRepository('DELETE /issues/comments/{comment_id}', conversing, (call) => {
    const comment = commentOf(call);
    requireAuthorOr(world, call, comment.authorId, 'write');
    deleteComment(world, call.repository, comment, actorOf(call.caller).accountId);
    return noContent;
  }),

  onRepository('GET /issues/comments/{comment_id}/reactions', reading, (call) => {
    const comment = commentOf(call);
    const found = reactionsOf(call.repository, comment).filter(
      (reaction) => call.query.content === undefined || reaction.content === call.query.content,
    );
    return list(call, found, (reaction) => presentReaction(world, reaction));
  }),

  onRepository('POST /issues/comments/{comment_id}/reactions', conversing, (call) => {
    const comment = commentOf(call);
    const { reaction, isNew } = react(world, call.repository, comment, {
      authorId: actorOf(call.caller).accountId,
      content: text(call.body, 'content'),
    });
    return { status: isNew ? 201 : 200, body: presentReaction(world, reaction) };
  }),

  onRepository('DELETE /issues/comments/{comment_id}/reactions/{reaction_id}', conversing, (call) => {
    const reaction = reactionsOf(call.repository, commentOf(call)).find(
      (candidate) => candidate.id === Number(call.path.reaction_id),
    );
    if (reaction === undefined) throw notFound();
    if (reaction.authorId !== actorOf(call.caller).accountId)
      throw new Refusal(403, 'You can only remove your own reactions');
    call.repository.reactions.delete(reaction.id);
    return noContent;
  }),
];

const reactionsOf = (repository: Repository, comment: CommentRecord) =>
  [...repository.reactions.values()].filter((reaction) => reaction.commentId === comment.id);

const issueOf = (world: World, call: RepositoryCall): IssueRecord =>
  world.issue(call.repository, Number(call.path.issue_number));

const commentOf = (call: RepositoryCall): CommentRecord => findComment(call.repository, Number(call.path.comment_id));

/** People may change what is theirs; others' only with the level. Apps went through their permissions already. */
function requireAuthorOr(world: World, call: RepositoryCall, authorId: number, level: 'triage' | 'write'): void {
  const caller: Caller = call.caller;
  if (caller.kind !== 'person' || caller.account.id === authorId) return;
  if (levelRank(world.level(call.repository, caller.account.id)) < levelRank(level))
    throw new Refusal(403, `Must have ${level} rights to Repository.`);
}

/** Labels come as names or as objects that have one. */
function labelNames(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.map((label: unknown) => (isObject(label) ? String(label.name) : String(label)));
}
