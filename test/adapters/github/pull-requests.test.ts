import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitSha, pullNumber } from '../../../src/domain/identity.ts';
import { alice, apiAtTheEdge, gitHubServer, pull, rejection, repository, sha } from './edge.ts';

beforeEach(() => {
  nock.disableNetConnect();
});

afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const number = pullNumber(7);
const next = { link: '<https://api.github.com/x?page=2>; rel="next"' };
const bob = { id: 2, login: 'bob', type: 'User' };

describe('reviews', () => {
  it('come from all pages, in every state, also of people and commits that are no more', async () => {
    const review = (id: number, state: string, user: object | null = alice) => ({
      id,
      user,
      state,
      commit_id: id === 2 ? null : sha,
      submitted_at: '2026-03-01T10:00:00Z',
    });
    const first = Array.from({ length: 100 }, (_, index) => review(1000 + index, 'COMMENTED'));
    gitHubServer()
      .get('/repos/acme/infra/pulls/7/reviews')
      .query({ per_page: 100, page: 1 })
      .reply(200, first, next)
      .get('/repos/acme/infra/pulls/7/reviews')
      .query({ per_page: 100, page: 2 })
      .reply(200, [review(1, 'APPROVED', null), review(2, 'CHANGES_REQUESTED', bob), review(3, 'DISMISSED')]);
    const { github } = apiAtTheEdge();

    const reviews = await github.reviews(repository, number);

    expect(reviews).toHaveLength(103);
    const atMs = Date.parse('2026-03-01T10:00:00Z');
    expect(reviews.slice(100)).toEqual([
      { id: 1, reviewer: undefined, state: 'approved', commit: sha, submittedAtMs: atMs },
      {
        id: 2,
        reviewer: { id: 2, login: 'bob', bot: false },
        state: 'changes_requested',
        commit: undefined,
        submittedAtMs: atMs,
      },
      { id: 3, reviewer: { id: 1, login: 'alice', bot: false }, state: 'dismissed', commit: sha, submittedAtMs: atMs },
    ]);
  });

  it('go on behind a full page whose link was lost', async () => {
    const review = (id: number) => ({
      id,
      user: alice,
      state: 'COMMENTED',
      commit_id: sha,
      submitted_at: '2026-03-01T10:00:00Z',
    });
    const path = '/repos/acme/infra/pulls/7/reviews';
    const first = Array.from({ length: 100 }, (_, index) => review(index + 1));
    gitHubServer()
      .get(path)
      .query({ per_page: 100, page: 1 })
      .reply(200, first)
      .get(path)
      .query({ per_page: 100, page: 2 })
      .reply(200, [review(101)]);
    const { github } = apiAtTheEdge();

    expect(await github.reviews(repository, number)).toHaveLength(101);
  });

  it('are unknown as a whole when a later page fails', async () => {
    const path = '/repos/acme/infra/pulls/7/reviews';
    gitHubServer().get(path).query({ per_page: 100, page: 1 }).reply(200, [], next);
    gitHubServer().get(path).query({ per_page: 100, page: 2 }).times(4).reply(500, { message: 'Server Error' });
    const { github } = apiAtTheEdge();

    expect(await rejection(github.reviews(repository, number))).toMatchObject({ status: 500 });
  });
});

describe('a pull request', () => {
  const open = {
    number: 7,
    title: 'More replicas',
    state: 'open',
    draft: false,
    user: alice,
    head: { sha, ref: 'more', repo: { id: 11, name: 'infra', owner: { login: 'acme' } } },
    base: { ref: 'main', repo: { default_branch: 'main' } },
    labels: [{ name: 'risky' }],
    commits: 1,
    merged: false,
    merged_at: null,
    merged_by: null,
    merge_commit_sha: 'b'.repeat(40),
  };

  async function read(answer: object) {
    gitHubServer().get('/repos/acme/infra/pulls/7').reply(200, answer);
    return apiAtTheEdge().github.pullRequest(repository, number);
  }

  it('has no merge while it is open, although GitHub names its test merge', async () => {
    expect(await read(open)).toEqual(pull);
  });

  it("of a fork that is gone is a fork's, and of a deleted account is a ghost's", async () => {
    const found = await read({ ...open, user: null, head: { ...open.head, repo: null } });

    expect(found).toMatchObject({ head: { fork: true }, author: { login: 'ghost' } });
  });

  it('tells who merged it when', async () => {
    const merged = { ...open, state: 'closed', merged: true, merged_at: '2026-03-01T11:00:00Z' };

    expect((await read({ ...merged, merged_by: bob }))?.merge).toEqual({
      commit: commitSha('b'.repeat(40)),
      by: { id: 2, login: 'bob', bot: false },
      atMs: Date.parse('2026-03-01T11:00:00Z'),
    });
    expect((await read({ ...merged, merged_by: null }))?.merge).toMatchObject({ by: undefined });
  });
});

describe('the repository', () => {
  it('is where GitHub says that it is now', async () => {
    gitHubServer()
      .get('/repositories/11')
      .reply(200, { id: 11, name: 'platform', owner: { login: 'emca' } });
    const { github } = apiAtTheEdge();

    expect(await github.repository(repository.installation, repository.id)).toEqual({
      ...repository,
      owner: 'emca',
      name: 'platform',
    });
  });

  it('is refused when another one is answered', async () => {
    gitHubServer()
      .get('/repositories/11')
      .reply(200, { id: 12, name: 'infra', owner: { login: 'acme' } });
    const { github } = apiAtTheEdge();

    expect((await rejection(github.repository(repository.installation, repository.id))).message).toContain(
      'not repository 11',
    );
  });
});

describe('pushes', () => {
  function activity(entries: readonly object[], at = '/repos/acme/infra') {
    gitHubServer()
      .get(`${at}/activity`)
      .query((query) => query.ref === 'refs/heads/more')
      .reply(200, entries);
    return apiAtTheEdge().github;
  }

  it('are those to the head branch, with whoever did each, as far as there is an account', async () => {
    const github = activity([
      { after: sha, actor: bob },
      { after: 'c'.repeat(40), actor: null },
    ]);

    expect(await github.pushes(pull)).toEqual({
      pushes: [
        { after: sha, by: { id: 2, login: 'bob', bot: false } },
        { after: 'c'.repeat(40), by: undefined },
      ],
      complete: true,
    });
  });

  it('may be incomplete where there are as many as a page holds', async () => {
    const github = activity(Array.from({ length: 100 }, () => ({ after: sha, actor: alice })));

    expect(await github.pushes(pull)).toMatchObject({ complete: false });
  });

  it("of a fork's head are read from the fork", async () => {
    const github = activity([{ after: sha, actor: alice }], '/repos/mallory/copy');
    const head = { ...pull.head, fork: true, repository: { owner: 'mallory', name: 'copy' } };

    expect(await github.pushes({ ...pull, head })).toMatchObject({ pushes: [{ after: sha }] });
  });

  it('are unknown, without asking, when the repository of the head is gone', async () => {
    const { github } = apiAtTheEdge();
    const { repository: _gone, ...head } = pull.head;

    expect(await github.pushes({ ...pull, head })).toEqual({ pushes: [], complete: false });
  });
});

describe('permission', () => {
  it.each([
    ['admin', { pull: true, triage: true, push: true, maintain: true, admin: true }],
    ['maintain', { pull: true, triage: true, push: true, maintain: true, admin: false }],
    ['write', { pull: true, triage: true, push: true, maintain: false, admin: false }],
    ['triage', { pull: true, triage: true, push: false, maintain: false, admin: false }],
    ['read', { pull: true, triage: false, push: false, maintain: false, admin: false }],
    ['none', { pull: false, triage: false, push: false, maintain: false, admin: false }],
  ] as const)('%s is read from the flags, whatever the words say', async (expected, permissions) => {
    gitHubServer()
      .get('/repos/acme/infra/collaborators/alice/permission')
      .reply(200, { permission: 'admin', role_name: 'custom', user: { ...alice, permissions } });
    const { github } = apiAtTheEdge();

    expect(await github.permission(repository, 'alice')).toBe(expected);
  });
});

describe('contributors', () => {
  const user = (login: string, databaseId: number | null) => ({ login, databaseId, __typename: 'User' });
  const actor = (name: string, account: object | null = null) => ({
    name,
    email: `${name}@example.test`,
    user: account,
  });
  const webFlow = { name: 'GitHub', email: 'noreply@github.com', user: user('web-flow', 19864447) };

  function answer(commits: readonly object[], pageInfo: object = { hasNextPage: false, endCursor: null }) {
    const nodes = commits.map((commit, index) => ({
      commit: {
        oid: index.toString(16).padStart(40, '0'),
        tree: { oid: 'd'.repeat(40) },
        parents: { nodes: [] },
        ...commit,
      },
    }));
    return { data: { repository: { pullRequest: { commits: { pageInfo, nodes } } } } };
  }

  it('are all that GitHub resolves, from every page', async () => {
    const asked: unknown[] = [];
    gitHubServer()
      .post('/graphql', (body) => asked.push(body) === 1)
      .reply(
        200,
        answer(
          [
            {
              authors: { nodes: [actor('alice', user('alice', 1)), actor('carol', user('carol', 3)), actor('Nobody')] },
              committer: webFlow,
            },
          ],
          { hasNextPage: true, endCursor: 'abc' },
        ),
      )
      .post('/graphql', (body) => asked.push(body) === 2)
      .reply(
        200,
        answer([
          {
            authors: { nodes: [actor('bob', user('bob', 2))] },
            committer: actor('robot', { login: 'robot[bot]', databaseId: 4, __typename: 'Bot' }),
          },
        ]),
      );
    const { github } = apiAtTheEdge();

    expect(await github.contributors(repository, number)).toEqual({
      authors: [
        { id: 1, login: 'alice', bot: false },
        { id: 2, login: 'bob', bot: false },
      ],
      committers: [{ id: 4, login: 'robot[bot]', bot: true }],
      coAuthors: [{ id: 3, login: 'carol', bot: false }],
      unresolved: ['Nobody'],
      anonymous: false,
      merges: [],
    });
    expect(asked).toMatchObject([{ variables: { after: null } }, { variables: { after: 'abc', number: 7 } }]);
  });

  it('of a merge are given apart, with what it joins', async () => {
    const [first, second] = ['e'.repeat(40), 'f'.repeat(40)];
    gitHubServer()
      .post('/graphql')
      .reply(
        200,
        answer([
          {
            parents: { nodes: [{ oid: first }, { oid: second }] },
            authors: { nodes: [actor('bob', user('bob', 2))] },
            committer: webFlow,
          },
        ]),
      );
    const { github } = apiAtTheEdge();

    expect(await github.contributors(repository, number)).toMatchObject({
      authors: [],
      merges: [{ tree: 'd'.repeat(40), parents: [first, second], contributors: { authors: [{ login: 'bob' }] } }],
    });
  });

  it.each([
    ['author', { authors: { nodes: [actor('Nobody')] }, committer: webFlow }],
    ['committer', { authors: { nodes: [actor('alice', user('alice', 1))] }, committer: actor('Nobody') }],
    ['committer whose record is missing', { authors: { nodes: [actor('alice', user('alice', 1))] }, committer: null }],
  ])('are partly anonymous with an %s without account', async (_, commit) => {
    gitHubServer()
      .post('/graphql')
      .reply(200, answer([commit]));
    const { github } = apiAtTheEdge();

    expect(await github.contributors(repository, number)).toMatchObject({ anonymous: true, unresolved: [] });
  });

  const ofAlice = { authors: { nodes: [actor('alice', user('alice', 1))] }, committer: webFlow };

  it.each([
    [
      'the list has as many commits as GitHub lists at most',
      answer(Array.from({ length: 250 }, () => ofAlice)),
      '250 commits',
    ],
    ['the list breaks off', answer([ofAlice], { hasNextPage: true, endCursor: null }), 'breaks off'],
    ['a commit has no author', answer([{ authors: { nodes: [] }, committer: webFlow }]), '0 authors'],
    [
      'a commit may have more authors than were asked for',
      answer([{ authors: { nodes: Array.from({ length: 50 }, () => actor('alice')) }, committer: webFlow }]),
      '50 authors',
    ],
    ['the pull request is not there', { data: { repository: { pullRequest: null } } }, 'no such pull request'],
    [
      'part of the answer failed',
      { ...answer([ofAlice]), errors: [{ message: 'Something is slow' }] },
      'Something is slow',
    ],
  ])('are unknown when %s', async (_, body, words) => {
    gitHubServer().post('/graphql').reply(200, body);
    const { github } = apiAtTheEdge();

    expect((await rejection(github.contributors(repository, number))).message).toContain(words);
  });
});

describe('a merge queue', () => {
  it.each([
    [{ id: 'MQ_1' }, true],
    [null, false],
  ])('is told from what GitHub has for the branch, whichever rule asks for it: %j', async (mergeQueue, expected) => {
    gitHubServer()
      .post('/graphql')
      .reply(200, { data: { repository: { mergeQueue } } });
    expect(await apiAtTheEdge().github.usesMergeQueue(repository, 'main')).toBe(expected);
  });

  it.each([{ data: { repository: null } }, { data: { repository: {} } }])(
    'is unknown, and not absent, when GitHub answers %j',
    async (body) => {
      gitHubServer().post('/graphql').reply(200, body);
      expect(await rejection(apiAtTheEdge().github.usesMergeQueue(repository, 'main'))).toBeInstanceOf(Error);
    },
  );
});
