import nock from 'nock';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { apiAtTheEdge, gitHubServer, repository } from './edge.ts';

beforeEach(() => {
  nock.disableNetConnect();
  gitHubServer().persist().post('/repos/acme/infra/issues/7/comments').reply(201, { id: 1 });
});

afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

async function durationMs(work: readonly Promise<unknown>[]): Promise<number> {
  const startMs = performance.now();
  await Promise.all(work);
  return performance.now() - startMs;
}

it('does not make installations wait for one another', async () => {
  const installations = [apiAtTheEdge({}), apiAtTheEdge({}), apiAtTheEdge({})];

  const took = await durationMs(installations.map(({ github }) => github.createComment(repository, 7, 'hello')));

  expect(took).toBeLessThan(900);
});

it("keeps to GitHub's pace within one installation", async () => {
  const { github } = apiAtTheEdge({});

  const took = await durationMs([
    github.createComment(repository, 7, 'one'),
    github.createComment(repository, 7, 'two'),
  ]);

  expect(took).toBeGreaterThan(2900);
});
