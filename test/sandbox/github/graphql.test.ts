import { afterEach, beforeEach, expect, test } from 'vitest';
import { acme, proposeTwoReplicas, type Setting } from './setting.ts';

let setting: Setting;

beforeEach(async () => {
  setting = await acme();
});

afterEach(async () => {
  await setting.github.close();
});

const query = `query ContributorsOfPullRequest($owner: String!, $name: String!, $number: Int!, $first: Int!, $after: String) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) { commits(first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { commit { oid message committedDate
      authors(first: 100) { nodes { name email user { login databaseId __typename } } }
      committer { name email user { login databaseId } } } } } } } }`;

interface Contributors {
  readonly repository: {
    readonly pullRequest: {
      readonly commits: {
        readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
        readonly nodes: readonly {
          readonly commit: {
            readonly oid: string;
            readonly authors: {
              readonly nodes: readonly { readonly email: string; readonly user: { readonly login: string } | null }[];
            };
          };
        }[];
      };
    };
  };
}

const ask = (variables: Record<string, unknown>) =>
  setting.app.graphql<Contributors>(query, { owner: 'acme', name: 'infra', first: 100, ...variables });

test("a commit's authors are its author and the co-authors of its trailers, by any of their addresses", async () => {
  const { number } = await proposeTwoReplicas(setting.github);
  const bob = (await setting.as('bob').rest.users.getAuthenticated()).data;
  await setting.github.push({
    repo: 'acme/infra',
    branch: 'scale',
    files: { 'apps/web.yaml': 'replicas: 3\n' },
    author: 'alice',
    coAuthors: [
      { name: 'Bob', email: `${bob.id}+bob@users.noreply.github.com` },
      { name: 'Stranger', email: 'stranger@elsewhere.test' },
      'carol',
    ],
  });
  const answer = await ask({ number });
  const last = answer.repository.pullRequest.commits.nodes.at(-1)?.commit.authors.nodes;
  expect(last?.map(({ email, user }) => user?.login ?? email)).toEqual([
    'alice',
    'bob',
    'stranger@elsewhere.test',
    'carol',
  ]);
});

test('commits come in pages', async () => {
  const { number, sha } = await proposeTwoReplicas(setting.github);
  const next = await setting.github.push({
    repo: 'acme/infra',
    branch: 'scale',
    files: { 'apps/web.yaml': 'replicas: 3\n' },
    author: 'alice',
  });
  const { commits: first } = (await ask({ number, first: 1 })).repository.pullRequest;
  const { commits: second } = (await ask({ number, first: 1, after: first.pageInfo.endCursor })).repository.pullRequest;
  expect([first.nodes[0]?.commit.oid, second.nodes[0]?.commit.oid]).toEqual([sha, next]);
  expect([first.pageInfo.hasNextPage, second.pageInfo.hasNextPage]).toEqual([true, false]);
});

test('an unknown pull request, a repository out of reach and any other query are errors', async () => {
  await expect(ask({ number: 99 })).rejects.toThrow(/Could not resolve to a PullRequest/);
  await setting.github.createRepository('carol/secret');
  await expect(ask({ owner: 'carol', name: 'secret', number: 1 })).rejects.toThrow(/Could not resolve to a Repository/);
  await expect(setting.app.graphql('query Other { viewer { login } }')).rejects.toThrow(/answers only the queries/);
});
