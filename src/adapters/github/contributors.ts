import type { Person } from '../../domain/gate/people.ts';
import { commitSha, type PullNumber, type Repository, treeSha } from '../../domain/identity.ts';
import type { Contributors, MergeCommit } from '../../flows/ports/github.ts';
import { personOf } from './account.ts';
import type { Calls } from './calls.ts';

/** GitHub lists no more commits of a pull request than this; so a list of that length may be cut. */
const listedCommits = 250;
const listedAuthors = 50;

const query = `query ContributorsOfPullRequest($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      commits(first: 100, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes {
          commit {
            oid
            tree { oid }
            parents(first: 3) { nodes { oid } }
            authors(first: ${listedAuthors}) { nodes { name email user { login databaseId __typename } } }
            committer { name email user { login databaseId __typename } }
          }
        }
      }
    }
  }
}`;

interface Actor {
  readonly name: string | null;
  readonly email: string | null;
  readonly user: { readonly login: string; readonly databaseId: number | null; readonly __typename: string } | null;
}

interface Commit {
  readonly oid: string;
  readonly tree: { readonly oid: string };
  readonly parents: { readonly nodes: readonly { readonly oid: string }[] };
  readonly authors: { readonly nodes: readonly Actor[] };
  readonly committer: Actor | null;
}

interface CommitPage {
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly nodes: readonly { readonly commit: Commit }[];
}

/**
 * Everybody who authored, co-authored or committed a commit of the pull request, as GitHub resolves them; those of merges apart.
 * Rejects when the list may be incomplete: an unknown contributor might be the approver.
 */
export async function contributorsOf(
  calls: Calls,
  repository: Repository,
  number: PullNumber,
): Promise<Contributors & { readonly merges: readonly MergeCommit[] }> {
  const commits: Commit[] = [];
  let cursor: string | null = null;
  do {
    const page: CommitPage = await calls.graphql({
      installation: repository.installation,
      operation: 'ContributorsOfPullRequest',
      query,
      variables: { owner: repository.owner, name: repository.name, number, after: cursor },
      read: commitPage,
    });
    commits.push(...page.nodes.map(({ commit }) => commit));
    if (commits.length >= listedCommits) {
      throw new Error(
        `${repository.owner}/${repository.name}#${number} has ${listedCommits} commits or more, of which GitHub may not list all: ` +
          'its contributors are unknown. Split the pull request or squash its commits.',
      );
    }
    cursor = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (cursor !== null);
  const merges = commits.flatMap(mergeOf);
  const merging = new Set<string>(merges.map(({ sha }) => sha));
  return { ...gather(commits.filter(({ oid }) => !merging.has(oid))), merges };
}

function mergeOf(commit: Commit): readonly MergeCommit[] {
  const [first, second, third] = commit.parents.nodes;
  if (first === undefined || second === undefined || third !== undefined) return [];
  return [
    {
      sha: commitSha(commit.oid),
      tree: treeSha(commit.tree.oid),
      parents: [commitSha(first.oid), commitSha(second.oid)],
      contributors: gather([commit]),
    },
  ];
}

function commitPage(data: unknown): CommitPage {
  const answer = data as { repository: { pullRequest: { commits: CommitPage } | null } | null } | undefined;
  const page = answer?.repository?.pullRequest?.commits;
  if (!page) throw new TypeError('there is no such pull request');
  if (page.pageInfo.hasNextPage && !page.pageInfo.endCursor) throw new TypeError('the list of commits breaks off');
  for (const { commit } of page.nodes) {
    const authors = commit.authors.nodes.length;
    if (authors === 0 || authors >= listedAuthors) throw new TypeError(`commit ${commit.oid} lists ${authors} authors`);
  }
  return page;
}

function gather(commits: readonly Commit[]): Contributors {
  const authors = commits.map(({ authors }) => authors.nodes[0]);
  const coAuthors = commits.flatMap(({ authors }) => authors.nodes.slice(1));
  const committers = commits.map(({ committer }) => committer).filter((committer) => !isGitHubItself(committer));
  const unresolved = coAuthors
    .filter((actor) => accountOf(actor) === undefined)
    .map(({ name, email }) => name ?? email ?? 'somebody');
  return {
    authors: people(authors),
    committers: people(committers),
    coAuthors: people(coAuthors),
    unresolved: [...new Set(unresolved)],
    anonymous: [...authors, ...committers].some((actor) => accountOf(actor) === undefined),
  };
}

/** Merges and edits on the website are committed by GitHub for the author, who is listed. */
function isGitHubItself(committer: Actor | null): boolean {
  return committer?.user?.login === 'web-flow' || committer?.email === 'noreply@github.com';
}

function people(actors: readonly (Actor | null | undefined)[]): readonly Person[] {
  const byId = new Map(actors.flatMap((actor) => accountOf(actor) ?? []).map((person) => [person.id, person]));
  return [...byId.values()];
}

function accountOf(actor: Actor | null | undefined): Person | undefined {
  const user = actor?.user;
  if (!user || user.databaseId === null) return undefined;
  return personOf({ id: user.databaseId, login: user.login, type: user.__typename });
}
