import { pullNumber, type Repository } from '../../domain/identity.ts';
import type { Comment, Conversation, FoundIssue } from '../../flows/ports/github.ts';
import { type Account, ghost, personOf } from './account.ts';
import type { Calls } from './calls.ts';
import { isOwn, type OwnershipOptions } from './ownership.ts';
import { timestampMs } from './timestamp.ts';

const longestBody = 65_536;

export function conversation({ calls, ...ownership }: { readonly calls: Calls } & OwnershipOptions): Conversation {
  return {
    comment: (repository, id) =>
      calls.find({
        installation: repository.installation,
        method: ({ rest }) => rest.issues.getComment,
        parameters: { ...addressOf(repository), comment_id: id },
        read: commentOf,
      }),

    findComment: async (repository, number, marker) => {
      const comments = calls.pages({
        installation: repository.installation,
        method: ({ rest }) => rest.issues.listComments,
        parameters: { ...addressOf(repository), issue_number: number },
        read: (data) => data,
      });
      for await (const comment of comments) {
        if (comment.body?.includes(marker) && (await isOwn(comment, ownership))) return { id: idOf(comment) };
      }
      return undefined;
    },

    createComment: async (repository, number, body) => {
      refuseOverlong(body, `the comment on #${number}`);
      return calls.once({
        installation: repository.installation,
        method: ({ rest }) => rest.issues.createComment,
        parameters: { ...addressOf(repository), issue_number: number, body },
        read: (data) => ({ id: idOf(data) }),
      });
    },

    updateComment: async (repository, id, body) => {
      refuseOverlong(body, `comment ${id}`);
      const updated = await calls.find({
        installation: repository.installation,
        method: ({ rest }) => rest.issues.updateComment,
        parameters: { ...addressOf(repository), comment_id: id, body },
        read: idOf,
      });
      return updated !== undefined;
    },

    react: async (repository, commentId, reaction) => {
      // GitHub answers 200 for a reaction that is there already. One to a deleted comment has nobody to read it.
      await calls.find({
        installation: repository.installation,
        method: ({ rest }) => rest.reactions.createForIssueComment,
        parameters: { ...addressOf(repository), comment_id: commentId, content: reaction },
        read: idOf,
      });
    },

    findIssue: async (repository, label, marker) => {
      const issues = calls.pages({
        installation: repository.installation,
        method: ({ rest }) => rest.issues.listForRepo,
        parameters: { ...addressOf(repository), state: 'open', labels: label, sort: 'created', direction: 'asc' },
        read: (data) => data,
      });
      for await (const issue of issues) {
        const matches = issue.pull_request === undefined && issue.body?.includes(marker);
        if (matches && (await isOwn(issue, ownership))) return foundIssue(issue);
      }
      return undefined;
    },

    createIssue: async (repository, { title, body, labels }) => {
      refuseOverlong(body, `the issue "${title}"`);
      return calls.once({
        installation: repository.installation,
        method: ({ rest }) => rest.issues.create,
        parameters: { ...addressOf(repository), title, body, labels: [...labels] },
        read: (data) => ({ number: numberOf(data), updatedAtMs: timestampMs(data.updated_at) }),
      });
    },

    updateIssue: async (repository, number, { title, body, state }) => {
      refuseOverlong(body, `issue #${number}`);
      return calls.ask({
        installation: repository.installation,
        method: ({ rest }) => rest.issues.update,
        parameters: { ...addressOf(repository), issue_number: number, title, body, state },
        read: (data) => ({ updatedAtMs: timestampMs(data.updated_at) }),
      });
    },
  };
}

function foundIssue(issue: {
  readonly number: number;
  readonly title: string;
  readonly body?: string | null;
  readonly updated_at: string;
}): FoundIssue {
  const { title, body, updated_at: updatedAt } = issue;
  return { number: numberOf(issue), title, body: body ?? '', updatedAtMs: timestampMs(updatedAt) };
}

function addressOf({ owner, name }: Repository) {
  return { owner, repo: name };
}

function refuseOverlong(body: string, what: string): void {
  if (body.length <= longestBody) return;
  throw new RangeError(`${what} has ${body.length} characters; GitHub takes ${longestBody}: shorten the report`);
}

function commentOf(data: {
  readonly id: number;
  readonly body?: string;
  readonly user: Account | null;
  readonly html_url: string;
  readonly created_at: string;
}): Comment {
  // GitHub names the kind of conversation only in the page's address: …/pull/7#issuecomment-1 or …/issues/7#issuecomment-1.
  const [, kind, digits] = /\/(pull|issues)\/(\d+)#/.exec(data.html_url) ?? [];
  if (kind === undefined) throw new TypeError(`comment ${data.id} belongs to neither a pull request nor an issue`);
  const number = Number(digits);
  return {
    id: idOf(data),
    body: data.body ?? '',
    author: data.user ? personOf(data.user) : ghost,
    ...(kind === 'pull' && { pull: pullNumber(number) }),
    issue: number,
    createdAtMs: timestampMs(data.created_at),
  };
}

function idOf({ id }: { readonly id: number }): number {
  if (!Number.isSafeInteger(id)) throw new TypeError('the answer has no id');
  return id;
}

function numberOf({ number }: { readonly number: number }): number {
  if (!Number.isSafeInteger(number)) throw new TypeError('the answer has no number');
  return number;
}
