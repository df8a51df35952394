import type { Permission, Review } from '../../domain/gate/people.ts';
import {
  commitSha,
  type InstallationId,
  pullNumber,
  type Repository,
  type RepositoryId,
  repositoryId,
} from '../../domain/identity.ts';
import type { Log } from '../../flows/ports/clock.ts';
import type { PullRequest, PullRequests, Pushes } from '../../flows/ports/github.ts';
import { type Account, ghost, personOf } from './account.ts';
import { all, type Calls, type Method } from './calls.ts';
import { contributorsOf } from './contributors.ts';
import { GitHubFault, PermissionMissing } from './github-fault.ts';
import { timestampMs } from './timestamp.ts';

const activitiesPerPage = 100;
const nothingSaid: Pushes = { pushes: [], complete: false };

export function pullRequests({ calls, log }: { readonly calls: Calls; readonly log: Pick<Log, 'warn'> }): PullRequests {
  return {
    repository: (installation, id) =>
      calls.find({
        installation,
        method: (octokit) => repositoryById(octokit.request.defaults({ method: 'GET', url: '/repositories/{id}' })),
        parameters: { id },
        read: (data) => repositoryOf(data, { installation, id }),
      }),

    pullRequest: (repository, number) =>
      calls.find({
        installation: repository.installation,
        method: ({ rest }) => rest.pulls.get,
        parameters: { owner: repository.owner, repo: repository.name, pull_number: number },
        read: (data) => pullRequestOf(repository, data),
      }),

    openPullRequests: async (repository, { base, headSha }) => {
      const pulls = calls.pages({
        installation: repository.installation,
        method: ({ rest }) => rest.pulls.list,
        parameters: {
          owner: repository.owner,
          repo: repository.name,
          state: 'open',
          // Oldest first, so that one opened between two pages cannot push another over the border.
          sort: 'created',
          direction: 'asc',
          ...(base !== undefined && { base }),
        },
        read: (data) => data.map(({ number, head }) => ({ number: pullNumber(number), headSha: commitSha(head.sha) })),
      });
      const found = await all(pulls);
      return found.filter((pull) => headSha === undefined || pull.headSha === headSha).map(({ number }) => number);
    },

    reviews: (repository, number) =>
      all(
        calls.pages({
          installation: repository.installation,
          method: ({ rest }) => rest.pulls.listReviews,
          parameters: { owner: repository.owner, repo: repository.name, pull_number: number },
          read: (data) => data.map(reviewOf),
        }),
      ),

    contributors: (repository, number) => contributorsOf(calls, repository, number),

    pushes: async ({ head, repository }) => {
      const at = head.repository;
      if (at === undefined) return nothingSaid;
      try {
        return await calls.ask({
          installation: repository.installation,
          method: ({ rest }) => rest.repos.listActivities,
          parameters: {
            owner: at.owner,
            repo: at.name,
            ref: `refs/heads/${head.ref}`,
            direction: 'desc',
            per_page: activitiesPerPage,
          },
          read: (data): Pushes => ({
            pushes: data.map(({ after, actor }) => ({
              after: commitSha(after),
              by: actor ? personOf(actor) : undefined,
            })),
            complete: data.length < activitiesPerPage,
          }),
        });
      } catch (fault) {
        if (!isUnknownActivity(fault)) throw fault;
        log.warn({ sha: head.sha, fault: fault.message }, 'nobody is known to have pushed this head');
        return nothingSaid;
      }
    },

    permission: async (repository, login) => {
      const permission = await calls.find({
        installation: repository.installation,
        method: ({ rest }) => rest.repos.getCollaboratorPermissionLevel,
        parameters: { owner: repository.owner, repo: repository.name, username: login },
        read: (data) => permissionOf(data),
      });
      return permission ?? 'none';
    },
  };
}

/** GitHub does not describe this route; it is the only one that follows renames and transfers by id. */
function repositoryById(request: (parameters: { readonly id: number }) => Promise<{ data: unknown; headers: object }>) {
  return request as Method<{ readonly id: number }, unknown>;
}

function repositoryOf(
  data: unknown,
  asked: { readonly installation: InstallationId; readonly id: RepositoryId },
): Repository {
  const { id, name, owner } = data as { id: number; name: string; owner: { login: string } };
  if (repositoryId(id) !== asked.id || !name || !owner.login) throw new TypeError(`not repository ${asked.id}`);
  return { id: asked.id, installation: asked.installation, owner: owner.login, name };
}

interface PullRequestAnswer {
  readonly number: number;
  readonly title: string;
  readonly state: string;
  readonly draft?: boolean;
  readonly user: Account | null;
  readonly head: {
    readonly sha: string;
    readonly ref: string;
    readonly repo: { readonly id: number; readonly name: string; readonly owner: { readonly login: string } } | null;
  };
  readonly base: { readonly ref: string; readonly repo: { readonly default_branch: string } };
  readonly labels: readonly { readonly name: string }[];
  readonly commits: number;
  readonly merged: boolean;
  readonly merged_at: string | null;
  readonly merged_by: Account | null;
  readonly merge_commit_sha: string | null;
}

function pullRequestOf(repository: Repository, data: PullRequestAnswer): PullRequest {
  const { number, title, state, draft, user, head, base } = data;
  const merge = mergeOf(data);
  return {
    repository,
    number: pullNumber(number),
    title,
    state: state === 'open' ? 'open' : 'closed',
    draft: draft ?? false,
    author: user ? personOf(user) : ghost,
    // A head whose repository is gone was a fork's.
    head: {
      sha: commitSha(head.sha),
      ref: head.ref,
      fork: head.repo?.id !== repository.id,
      ...(head.repo && { repository: { owner: head.repo.owner.login, name: head.repo.name } }),
    },
    base: { ref: base.ref, isDefaultBranch: base.ref === base.repo.default_branch },
    labels: data.labels.map(({ name }) => name),
    commits: data.commits,
    ...(merge !== undefined && { merge }),
  };
}

function mergeOf(data: PullRequestAnswer): PullRequest['merge'] {
  const { merged, merge_commit_sha: commit, merged_at: at, merged_by: by } = data;
  if (!merged) return undefined;
  // Before a merge the same field names a test merge, so it is read only after one.
  if (commit === null || at === null) throw new TypeError('merged, but without commit or time');
  return { commit: commitSha(commit), by: by ? personOf(by) : undefined, atMs: timestampMs(at) };
}

const reviewStates: Readonly<Record<string, Review['state']>> = {
  APPROVED: 'approved',
  CHANGES_REQUESTED: 'changes_requested',
  COMMENTED: 'commented',
  DISMISSED: 'dismissed',
  PENDING: 'pending',
};

function reviewOf(data: {
  readonly id: number;
  readonly user: Account | null;
  readonly state: string;
  readonly commit_id: string | null;
  readonly submitted_at?: string;
}): Review {
  const state = reviewStates[data.state.toUpperCase()];
  if (state === undefined) throw new TypeError(`review ${data.id} has the unknown state ${data.state}`);
  return {
    id: data.id,
    reviewer: data.user ? personOf(data.user) : undefined,
    state,
    commit: data.commit_id ? commitSha(data.commit_id) : undefined,
    // Only a review that is still being written has no time; it counts for nothing, and as the oldest it hides nothing.
    submittedAtMs: data.submitted_at === undefined && state === 'pending' ? 0 : timestampMs(data.submitted_at ?? ''),
  };
}

interface PermissionAnswer {
  readonly permission: string;
  readonly user: {
    readonly permissions?: {
      readonly pull: boolean;
      readonly triage?: boolean;
      readonly push: boolean;
      readonly maintain?: boolean;
      readonly admin: boolean;
    };
  } | null;
}

/** By the flags, as `permission` reports `maintain` as write, and `role_name` may be a custom role's. */
function permissionOf({ permission, user }: PermissionAnswer): Permission {
  const flags = user?.permissions;
  if (flags === undefined) {
    if (permission === 'none') return 'none';
    throw new TypeError('the answer names no permissions');
  }
  if (flags.admin) return 'admin';
  if (flags.maintain) return 'maintain';
  if (flags.push) return 'write';
  if (flags.triage) return 'triage';
  return flags.pull ? 'read' : 'none';
}

function isUnknownActivity(fault: unknown): fault is Error {
  return (
    fault instanceof PermissionMissing ||
    (fault instanceof GitHubFault && (fault.status === 403 || fault.status === 404))
  );
}
