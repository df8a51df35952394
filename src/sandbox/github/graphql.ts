import { type Caller, sees } from './access.ts';
import { timestamp } from './clock.ts';
import type { Commit, Signature } from './git-storage.ts';
import { queueEntries } from './model/merge-groups.ts';
import { pullCommits } from './model/pull-requests.ts';
import type { Repository } from './model/state.ts';
import type { World } from './model/world.ts';
import { nodeId } from './present/node-id.ts';
import { isObject } from './routes/fields.ts';

interface Identity {
  readonly name: string;
  readonly email: string;
  readonly user: { readonly login: string; readonly databaseId: number; readonly __typename: 'User' } | null;
}

interface GraphqlError {
  readonly type: string;
  readonly message: string;
  readonly path?: readonly string[];
}

export interface GraphqlAnswer {
  readonly data?: unknown;
  readonly errors?: readonly GraphqlError[];
}

const largestPage = 100;

type Variables = Readonly<Record<string, unknown>>;
type Operation = (world: World, repository: Repository, variables: Variables) => Promise<GraphqlAnswer>;

const operations: ReadonlyMap<string, Operation> = new Map([
  ['ContributorsOfPullRequest', contributorsOfPullRequest],
  ['MergeQueueOfBranch', mergeQueueOfBranch],
  ['PresenceOfMergeQueue', presenceOfMergeQueue],
]);

/**
 * Understands a few operations only, by their names; the query's text is not read. Everything else is refused in GraphQL's own form, so
 * that a product which grows another query notices at once.
 */
export async function answerGraphql(
  world: World,
  caller: Caller,
  request: Readonly<Record<string, unknown>>,
): Promise<GraphqlAnswer> {
  const name = request.operationName ?? /^\s*query\s+(\w+)/.exec(String(request.query))?.[1];
  const operation = operations.get(String(name));
  if (operation === undefined)
    return failure(
      'UNSUPPORTED',
      `The sandbox GitHub answers only the queries ${[...operations.keys()].join(' and ')}, not ${String(name ?? 'an unnamed one')}.`,
    );
  const variables = isObject(request.variables) ? request.variables : {};
  const repository = world.findRepository(`${String(variables.owner)}/${String(variables.name)}`);
  if (repository === null || !sees(world, caller, repository)) {
    return {
      data: { repository: null },
      errors: [
        {
          type: 'NOT_FOUND',
          path: ['repository'],
          message: `Could not resolve to a Repository with the name '${String(variables.owner)}/${String(variables.name)}'.`,
        },
      ],
    };
  }
  return operation(world, repository, variables);
}

/** What of a list is on the page that the variables ask for. */
function pageOf(variables: Variables, length: number) {
  const { after } = variables;
  const start =
    after === undefined || after === null ? 0 : Number(Buffer.from(String(after), 'base64url').toString('utf8'));
  const end = Math.min(length, start + Number(variables.first ?? largestPage));
  return {
    start,
    end,
    pageInfo: { hasNextPage: end < length, endCursor: Buffer.from(String(end)).toString('base64url') },
  };
}

async function mergeQueueOfBranch(world: World, repository: Repository, variables: Variables): Promise<GraphqlAnswer> {
  const oid = await world.git.resolve(repository.id, String(variables.ref));
  const entries = queueEntries(repository, String(variables.branch));
  const page = pageOf(variables, entries?.length ?? 0);
  return {
    data: {
      repository: {
        ref: oid === null ? null : { target: { oid } },
        mergeQueue:
          entries === null
            ? null
            : {
                entries: {
                  totalCount: entries.length,
                  pageInfo: page.pageInfo,
                  nodes: entries.slice(page.start, page.end).map(({ number, baseSha, headSha }, index) => ({
                    position: page.start + index + 1,
                    state: 'AWAITING_CHECKS',
                    baseCommit: { oid: baseSha },
                    headCommit: { oid: headSha },
                    pullRequest: { number },
                  })),
                },
              },
      },
    },
  };
}

async function presenceOfMergeQueue(_: World, repository: Repository, variables: Variables): Promise<GraphqlAnswer> {
  const branch = String(variables.branch);
  const mergeQueue = queueEntries(repository, branch) === null ? null : { id: nodeId('MergeQueue', branch) };
  return { data: { repository: { mergeQueue } } };
}

async function contributorsOfPullRequest(
  world: World,
  repository: Repository,
  variables: Variables,
): Promise<GraphqlAnswer> {
  const number = Number(variables.number);
  const pull = world.pulls(repository).find((candidate) => candidate.number === number);
  if (pull === undefined) {
    return {
      data: { repository: { pullRequest: null } },
      errors: [
        {
          type: 'NOT_FOUND',
          path: ['repository', 'pullRequest'],
          message: `Could not resolve to a PullRequest with the number of ${String(variables.number)}.`,
        },
      ],
    };
  }
  const first = Number(variables.first ?? largestPage);
  if (!(first >= 1 && first <= largestPage))
    return failure(
      'EXCESSIVE_PAGINATION',
      `Requesting ${first} records on the \`commits\` connection exceeds the \`first\` limit of ${largestPage} records.`,
    );
  const shas = await pullCommits(world, repository, pull);
  const page = pageOf(variables, shas.length);
  const commits = await Promise.all(shas.slice(page.start, page.end).map((sha) => world.git.read(repository.id, sha)));
  return {
    data: {
      repository: {
        pullRequest: {
          headRefOid: pull.pull.headSha,
          commits: {
            totalCount: shas.length,
            pageInfo: page.pageInfo,
            nodes: commits.map((commit) => ({ commit: presentCommit(world, commit) })),
          },
        },
      },
    },
  };
}

function presentCommit(world: World, commit: Commit) {
  const authors = [commit.author, ...coAuthors(commit.message)].map((signature) => identity(world, signature));
  return {
    oid: commit.sha,
    message: commit.message,
    committedDate: timestamp(commit.committer.at),
    parents: { totalCount: commit.parents.length, nodes: commit.parents.map((oid) => ({ oid })) },
    tree: { oid: commit.tree },
    authors: { totalCount: authors.length, pageInfo: { hasNextPage: false, endCursor: null }, nodes: authors },
    committer: identity(world, commit.committer),
  };
}

function identity(world: World, signature: Signature): Identity {
  const account = world.accountByEmail(signature.email);
  return {
    name: signature.name,
    email: signature.email,
    user:
      account === null || account.kind !== 'User'
        ? null
        : { login: account.login, databaseId: account.id, __typename: 'User' },
  };
}

/** `Co-authored-by: Name <address>` among the message's last lines. */
const coAuthors = (message: string): readonly Signature[] =>
  [...message.matchAll(/^co-authored-by:\s*([^<\n]*?)\s*<([^>\n]+)>\s*$/gim)].map(([, name = '', email = '']) => ({
    name,
    email,
  }));

const failure = (type: string, message: string): GraphqlAnswer => ({ errors: [{ type, message }] });
