import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alice, apiAtTheEdge, appId, gitHubServer, ownBot, repository, sha } from './edge.ts';

beforeEach(() => {
  nock.disableNetConnect();
});

afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const marker = '<!-- planwright:plan -->';
const otherBot = { id: 98, login: 'otherwright[bot]', type: 'Bot' };

const makers = [
  ['this app, named by GitHub', ownBot, { id: appId }, true],
  ['this app, known by its bot only', ownBot, null, true],
  ['another app', otherBot, { id: 666 }, false],
  ["another app that took this one's old name", ownBot, { id: 666 }, false],
  ['another bot', otherBot, null, false],
  ['a person', alice, null, false],
  ['a person signed in through this app', alice, { id: appId }, false],
  ['an account that is gone', null, null, false],
] as const;

describe.each(makers)('what %s made', (_, user, app, own) => {
  const word = own ? 'is' : 'is not';

  it(`${word} taken for this app's comment`, async () => {
    const comment = { id: 3, body: `${marker} table`, user, performed_via_github_app: app };
    gitHubServer().get('/repos/acme/infra/issues/7/comments').query(true).reply(200, [comment]);

    expect(await apiAtTheEdge().github.findComment(repository, 7, marker)).toEqual(own ? { id: 3 } : undefined);
  });

  it(`${word} taken for this app's issue`, async () => {
    const issue = {
      number: 9,
      title: 'Held',
      body: `${marker} why`,
      updated_at: '2026-11-23T10:00:00Z',
      user,
      performed_via_github_app: app,
    };
    gitHubServer().get('/repos/acme/infra/issues').query(true).reply(200, [issue]);

    const found = await apiAtTheEdge().github.findIssue(repository, 'planwright:held', marker);
    expect(found?.number).toBe(own ? 9 : undefined);
  });

  it(`${word} taken for this app's deployment, whether its payload is an object or text`, async () => {
    const deployment = (id: number, payload: unknown) => ({
      id,
      payload,
      creator: user,
      performed_via_github_app: app,
    });
    const found = async (payload: unknown) => {
      gitHubServer()
        .get('/repos/acme/infra/deployments')
        .query(true)
        .reply(200, [deployment(1, 'not JSON'), deployment(2, { planwright: 'other' }), deployment(3, payload)]);
      return apiAtTheEdge().github.findDeployment(repository, sha, 'staging', 'key');
    };

    expect(await found({ planwright: 'key' })).toEqual(own ? { id: 3 } : undefined);
    expect(await found('{"planwright":"key"}')).toEqual(own ? { id: 3 } : undefined);
  });
});

it('looks for its comment on every page', async () => {
  const path = '/repos/acme/infra/issues/7/comments';
  const link = '<https://api.github.com/x?page=2>; rel="next"';
  gitHubServer()
    .get(path)
    .query({ per_page: 100, page: 1 })
    .reply(200, [{ id: 1, body: 'hello', user: alice }], { link })
    .get(path)
    .query({ per_page: 100, page: 2 })
    .reply(200, [{ id: 2, body: marker, user: ownBot }]);

  expect(await apiAtTheEdge().github.findComment(repository, 7, marker)).toEqual({ id: 2 });
});

it('takes no pull request for an issue', async () => {
  const pull = { number: 9, body: marker, user: ownBot, pull_request: {} };
  gitHubServer().get('/repos/acme/infra/issues').query(true).reply(200, [pull]);

  expect(await apiAtTheEdge().github.findIssue(repository, 'planwright:held', marker)).toBeUndefined();
});
