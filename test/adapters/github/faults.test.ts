import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GitHubFault } from '../../../src/adapters/github/github-fault.ts';
import { pullNumber } from '../../../src/domain/identity.ts';
import { GitHubBusy, InstallationUnusable } from '../../../src/flows/ports/github.ts';
import {
  alice,
  apiAtTheEdge,
  everythingAbout,
  gitHubServer,
  nowMs,
  pull,
  rejection,
  repository,
  sha,
  token,
} from './edge.ts';

beforeEach(() => {
  nock.disableNetConnect();
});

afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const pullPath = '/repos/acme/infra/pulls/7';
const commentsPath = '/repos/acme/infra/issues/7/comments';
const number = pullNumber(7);

describe('an answer that cannot be used', () => {
  it.each([
    ['HTML with status 200', '<html><p>Sign in to the proxy</p></html>', { 'content-type': 'text/html' }],
    ['JSON that breaks off', '{"number": 7, "tit', { 'content-type': 'application/json' }],
    ['nothing', '', {}],
    ['JSON of another shape', '{"message": "hello"}', { 'content-type': 'application/json' }],
  ])('%s rejects, naming method and route', async (_, body, headers) => {
    gitHubServer().get(pullPath).reply(200, body, headers);
    const { github } = apiAtTheEdge();

    const fault = await rejection(github.pullRequest(repository, number));

    expect(fault).toBeInstanceOf(GitHubFault);
    expect(fault.message).toContain(
      'GET /repos/{owner}/{repo}/pulls/{pull_number} (owner=acme repo=infra pull_number=7)',
    );
    expect(fault.message).not.toContain('<');
  });

  it.each([
    ['HTML', '<html></html>', { 'content-type': 'text/html' }],
    ['nothing', '', {}],
  ])('%s in place of a list is never an empty list', async (_, body, headers) => {
    gitHubServer().get(`${pullPath}/reviews`).query(true).reply(200, body, headers);
    const { github } = apiAtTheEdge();

    expect(await rejection(github.reviews(repository, number))).toBeInstanceOf(GitHubFault);
  });

  it('HTML in place of comments never means that there is none yet', async () => {
    gitHubServer().get(commentsPath).query(true).reply(200, '<html></html>', { 'content-type': 'text/html' });
    const { github } = apiAtTheEdge();

    const fault = await rejection(github.findComment(repository, 7, '<!-- planwright:plan -->'));
    expect(fault.message).toContain('the answer is not JSON');
  });

  it('a conflict in place of a list is never an empty list', async () => {
    gitHubServer().get(`${pullPath}/reviews`).query(true).reply(409, { message: 'Git Repository is empty.' });
    const { github } = apiAtTheEdge();

    expect(await rejection(github.reviews(repository, number))).toMatchObject({ name: 'GitHubFault', status: 409 });
  });

  it('a review of an unknown state rejects', async () => {
    const review = { id: 1, user: alice, state: 'ENDORSED', commit_id: sha, submitted_at: '2026-03-01T10:00:00Z' };
    gitHubServer().get(`${pullPath}/reviews`).query(true).reply(200, [review]);
    const { github } = apiAtTheEdge();

    expect((await rejection(github.reviews(repository, number))).message).toContain('ENDORSED');
  });

  it('a permission without its flags rejects', async () => {
    gitHubServer()
      .get('/repos/acme/infra/collaborators/alice/permission')
      .reply(200, { permission: 'admin', role_name: 'admin', user: alice });
    const { github } = apiAtTheEdge();

    expect((await rejection(github.permission(repository, 'alice'))).message).toContain('names no permissions');
  });
});

describe('GitHub in trouble', () => {
  it('asks again when reading fails once', async () => {
    gitHubServer()
      .get('/repos/acme/infra/collaborators/alice/permission')
      .reply(502, '<html>Bad gateway</html>')
      .get('/repos/acme/infra/collaborators/alice/permission')
      .reply(200, { permission: 'write', user: { ...alice, permissions: { pull: true, push: true, admin: false } } });
    const { github } = apiAtTheEdge();

    expect(await github.permission(repository, 'alice')).toBe('write');
  });

  it('keeps the cause and tells nothing of the token when it stays', async () => {
    gitHubServer().get(pullPath).times(4).reply(500, { message: 'Server Error' });
    const { github } = apiAtTheEdge();

    const fault = await rejection(github.pullRequest(repository, number));

    expect(fault).toMatchObject({ name: 'GitHubFault', status: 500 });
    expect(fault.message).toContain('GET /repos/{owner}/{repo}/pulls/{pull_number}');
    expect(fault.cause).toMatchObject({ status: 500 });
    expect(everythingAbout(fault)).not.toContain(token);
  });

  it('says so when there is no answer at all', async () => {
    gitHubServer().get(pullPath).times(4).replyWithError(new Error('connect ECONNREFUSED'));
    const { github } = apiAtTheEdge();

    const fault = await rejection(github.pullRequest(repository, number));

    expect(fault).toMatchObject({ name: 'GitHubFault', status: undefined });
    expect(fault.message).toContain('no answer from GitHub');
    expect(everythingAbout(fault)).not.toContain(token);
  });

  it.each([
    ['a comment', commentsPath, { id: 1 }, 'createComment'],
    ['an issue', '/repos/acme/infra/issues', { number: 1 }, 'createIssue'],
    ['a check run', '/repos/acme/infra/check-runs', { id: 1, status: 'queued' }, 'createCheckRun'],
    ['a deployment', '/repos/acme/infra/deployments', { id: 1 }, 'createDeployment'],
    ['a deployment status', '/repos/acme/infra/deployments/3/statuses', { id: 1 }, 'setDeploymentStatus'],
  ] as const)('%s whose answer is lost is not sent again', async (_, path, answer, method) => {
    let sent = 0;
    gitHubServer()
      .persist()
      .post(path)
      .reply(() => {
        sent += 1;
        return sent === 1 ? [502, '<html>Bad gateway</html>'] : [201, answer];
      });
    const { github } = apiAtTheEdge();
    const make = {
      createComment: () => github.createComment(repository, 7, 'hello'),
      createIssue: () => github.createIssue(repository, { title: 'held', body: 'why', labels: ['planwright:held'] }),
      createCheckRun: () =>
        github.createCheckRun(repository, {
          sha,
          name: 'planwright/plan',
          externalId: 'p1',
          text: { title: 'Planning', summary: '' },
          annotations: [],
        }),
      createDeployment: () =>
        github.createDeployment(repository, { sha, environment: 'staging', key: 'k', description: '' }),
      setDeploymentStatus: () => github.setDeploymentStatus(repository, 3, { state: 'queued', description: '' }),
    };

    const fault = await rejection(make[method]());

    expect(fault).toMatchObject({ name: 'GitHubFault', status: 502 });
    expect(sent).toBe(1);
  });

  it('a creation that is redirected is refused, as following would turn it into a list', async () => {
    gitHubServer()
      .post(commentsPath)
      .reply(
        301,
        { message: 'Moved Permanently' },
        { location: 'https://api.github.com/repositories/11/issues/7/comments' },
      )
      .get('/repositories/11/issues/7/comments')
      .reply(200, { id: 5 });
    const { github } = apiAtTheEdge();

    expect(await rejection(github.createComment(repository, 7, 'hello'))).toBeInstanceOf(GitHubFault);
  });
});

describe('GitHub asking to wait', () => {
  const secondary = { message: 'You have exceeded a secondary rate limit. Please wait a few minutes.' };

  it.each([
    ['retry-after', 403, secondary, { 'retry-after': '30' }, 30_000],
    ['retry-after with 429', 429, { message: 'Too many requests' }, { 'retry-after': '45' }, 45_000],
    [
      'the reset of the primary limit',
      403,
      { message: 'API rate limit exceeded for installation ID 5.' },
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(nowMs / 1000 + 600) },
      601_000,
    ],
    ['nothing: a minute', 403, secondary, {}, 60_000],
    ['nothing with 429: a minute', 429, { message: 'Too many requests' }, {}, 60_000],
  ])('rejects with the time of %s', async (_, status, body, headers, waitMs) => {
    let asked = 0;
    gitHubServer()
      .persist()
      .get(pullPath)
      .reply(() => {
        asked += 1;
        return [status, body, headers];
      });
    const { github } = apiAtTheEdge();

    const busy = await rejection(github.pullRequest(repository, number));

    expect(busy).toBeInstanceOf(GitHubBusy);
    expect(busy).toMatchObject({ retryAfterMs: waitMs });
    expect(asked).toBe(1);
  });

  it.each([403, 429])('sits out a short wait (%i) inside the call, also when making something', async (status) => {
    gitHubServer()
      .post(commentsPath)
      .reply(status, secondary, { 'retry-after': '10' })
      .post(commentsPath)
      .reply(201, { id: 123 });
    const { github } = apiAtTheEdge({ retryAfterBaseValue: 1 });

    expect(await github.createComment(repository, 7, 'hello')).toEqual({ id: 123 });
  });

  it('does not sit out a longer wait', async () => {
    gitHubServer().get(pullPath).reply(403, secondary, { 'retry-after': '11' }).get(pullPath).reply(200, {});
    const { github } = apiAtTheEdge({ retryAfterBaseValue: 1 });

    expect(await rejection(github.pullRequest(repository, number))).toMatchObject({ retryAfterMs: 11_000 });
  });

  it('gives up on short waits that do not end', async () => {
    let asked = 0;
    gitHubServer()
      .persist()
      .get(pullPath)
      .reply(() => {
        asked += 1;
        return [403, secondary, { 'retry-after': '1' }];
      });
    const { github } = apiAtTheEdge({ retryAfterBaseValue: 1 });

    expect(await rejection(github.pullRequest(repository, number))).toMatchObject({ retryAfterMs: 1000 });
    expect(asked).toBe(3);
  });

  it('understands the limit of GraphQL, which comes with status 200', async () => {
    gitHubServer()
      .post('/graphql')
      .reply(
        200,
        { errors: [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }] },
        { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(nowMs / 1000 + 60) },
      );
    const { github } = apiAtTheEdge();

    expect(await rejection(github.contributors(repository, number))).toMatchObject({
      name: 'GitHubBusy',
      retryAfterMs: 61_000,
    });
  });
});

describe('an installation that cannot be used', () => {
  it.each([
    ['suspended', 403, { message: 'This installation has been suspended' }, 'Unsuspend'],
    ['unauthorized', 401, { message: 'Bad credentials' }, 'PRIVATE_KEY'],
    ['without a permission', 403, { message: 'Resource not accessible by integration' }, 'needed: checks=write'],
  ])('%s is told with what to do', async (_, status, body, remedy) => {
    gitHubServer().get(pullPath).reply(status, body, { 'x-accepted-github-permissions': 'checks=write' });
    const { github } = apiAtTheEdge();

    const unusable = await rejection(github.pullRequest(repository, number));

    expect(unusable).toBeInstanceOf(InstallationUnusable);
    expect(unusable.message).toContain(remedy);
    expect(unusable.message).toContain('GET /repos/{owner}/{repo}/pulls/{pull_number}');
    expect(everythingAbout(unusable)).not.toContain(token);
  });

  it('is told for GraphQL, too', async () => {
    gitHubServer()
      .post('/graphql')
      .reply(200, { data: null, errors: [{ type: 'FORBIDDEN', message: 'Resource not accessible by integration' }] });
    const { github } = apiAtTheEdge();

    expect(await rejection(github.contributors(repository, number))).toBeInstanceOf(InstallationUnusable);
  });

  it('leaves only the pushes unknown when activity may not be read, and says so', async () => {
    gitHubServer()
      .get('/repos/acme/infra/activity')
      .query(true)
      .reply(403, { message: 'Resource not accessible by integration' });
    const { github, warnings } = apiAtTheEdge();

    expect(await github.pushes(pull)).toEqual({ pushes: [], complete: false });
    expect(warnings.join()).toContain('GET /repos/{owner}/{repo}/activity');
  });

  it('does not pass for unknown pushes when it is suspended', async () => {
    gitHubServer()
      .get('/repos/acme/infra/activity')
      .query(true)
      .reply(403, { message: 'This installation has been suspended' });
    const { github } = apiAtTheEdge();

    expect(await rejection(github.pushes(pull))).toBeInstanceOf(InstallationUnusable);
  });
});

describe('things that are gone', () => {
  it('are undefined, false or nothing to do', async () => {
    const gone = { message: 'Not Found' };
    gitHubServer()
      .get('/repositories/11')
      .reply(404, gone)
      .get(pullPath)
      .reply(404, gone)
      .get('/repos/acme/infra/issues/comments/3')
      .reply(410, gone)
      .patch('/repos/acme/infra/issues/comments/3')
      .reply(404, gone)
      .post('/repos/acme/infra/issues/comments/3/reactions')
      .reply(404, gone)
      .get('/repos/acme/infra/collaborators/mallory/permission')
      .reply(404, gone);
    const { github } = apiAtTheEdge();

    expect(await github.repository(repository.installation, repository.id)).toBeUndefined();
    expect(await github.pullRequest(repository, number)).toBeUndefined();
    expect(await github.comment(repository, 3)).toBeUndefined();
    expect(await github.updateComment(repository, 3, 'new')).toBe(false);
    await github.react(repository, 3, 'eyes');
    expect(await github.permission(repository, 'mallory')).toBe('none');
    expect(nock.isDone()).toBe(true);
  });

  it('an issue that is gone is a fault, as it cannot be updated', async () => {
    gitHubServer().patch('/repos/acme/infra/issues/9').reply(410, { message: 'This issue was deleted' });
    const { github } = apiAtTheEdge();

    const fault = await rejection(github.updateIssue(repository, 9, { title: 't', body: 'b', state: 'closed' }));
    expect(fault).toMatchObject({ name: 'GitHubFault', status: 410 });
  });
});
