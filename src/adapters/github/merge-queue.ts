import { commitSha, pullNumber } from '../../domain/identity.ts';
import type { QueueEntry } from '../../domain/merge-queue/chain-of-group.ts';
import type { MergeQueues } from '../../flows/ports/github.ts';
import type { Calls } from './calls.ts';

/** The REST interface does not know merge queues: which pull requests a group holds is told here only, whatever way they are merged. */
const query = `query MergeQueueOfBranch($owner: String!, $name: String!, $branch: String!, $ref: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    ref(qualifiedName: $ref) { target { oid } }
    mergeQueue(branch: $branch) {
      entries(first: 100, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { baseCommit { oid } headCommit { oid } pullRequest { number } }
      }
    }
  }
}`;

/** The REST interface tells of the queues that rulesets ask for only, not of those that a protected branch has by itself. */
const presenceQuery = `query PresenceOfMergeQueue($owner: String!, $name: String!, $branch: String!) {
  repository(owner: $owner, name: $name) { mergeQueue(branch: $branch) { id } }
}`;

interface EntryAnswer {
  /** Both are null until the queue has made the commit. */
  readonly baseCommit: { readonly oid: string } | null;
  readonly headCommit: { readonly oid: string } | null;
  readonly pullRequest: { readonly number: number } | null;
}

interface Page {
  readonly refHead: string | undefined;
  readonly entries:
    | {
        readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
        readonly nodes: readonly EntryAnswer[];
      }
    | undefined;
}

export function mergeQueues({ calls }: { readonly calls: Calls }): MergeQueues {
  return {
    usesMergeQueue: (repository, branch) =>
      calls.graphql({
        installation: repository.installation,
        operation: 'PresenceOfMergeQueue',
        query: presenceQuery,
        variables: { owner: repository.owner, name: repository.name, branch },
        read: (data) => isPresent(data),
      }),

    mergeQueue: async (repository, { branch, ref }) => {
      const entries: QueueEntry[] = [];
      let cursor: string | null = null;
      for (;;) {
        const page: Page = await calls.graphql({
          installation: repository.installation,
          operation: 'MergeQueueOfBranch',
          query,
          variables: {
            owner: repository.owner,
            name: repository.name,
            branch,
            ref: `refs/heads/${ref}`,
            after: cursor,
          },
          read: pageOf,
        });
        entries.push(...(page.entries?.nodes.flatMap(entryOf) ?? []));
        if (page.entries?.pageInfo.hasNextPage === true) {
          cursor = page.entries.pageInfo.endCursor;
          continue;
        }
        return {
          ...(page.refHead === undefined ? {} : { refHead: commitSha(page.refHead) }),
          ...(page.entries === undefined ? {} : { entries }),
        };
      }
    },
  };
}

function isPresent(data: unknown): boolean {
  const answer = data as { readonly repository: { readonly mergeQueue?: { readonly id: string } | null } | null };
  if (!answer?.repository || answer.repository.mergeQueue === undefined)
    throw new TypeError('it is not said whether the branch has a merge queue');
  return answer.repository.mergeQueue !== null;
}

function pageOf(data: unknown): Page {
  const answer = data as {
    readonly repository: {
      readonly ref: { readonly target: { readonly oid: string } | null } | null;
      readonly mergeQueue: { readonly entries: NonNullable<Page['entries']> } | null;
    } | null;
  };
  if (!answer?.repository) throw new TypeError('there is no such repository');
  const { ref, mergeQueue } = answer.repository;
  const entries = mergeQueue?.entries;
  if (entries?.pageInfo.hasNextPage === true && !entries.pageInfo.endCursor)
    throw new TypeError('the list of the queue breaks off');
  return { refHead: ref?.target?.oid, entries };
}

function entryOf({ baseCommit, headCommit, pullRequest }: EntryAnswer): readonly QueueEntry[] {
  if (baseCommit === null || headCommit === null) return [];
  if (pullRequest === null) throw new TypeError(`the pull request that became ${headCommit.oid} is not named`);
  return [{ pull: pullNumber(pullRequest.number), base: commitSha(baseCommit.oid), head: commitSha(headCommit.oid) }];
}
