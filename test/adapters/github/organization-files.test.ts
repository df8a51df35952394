import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apiAtTheEdge, gitHubServer, rejection, repository } from './edge.ts';

beforeEach(() => {
  nock.disableNetConnect();
});

afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const path = '/repos/acme/.github/contents/planwright.yml';

describe("an organization's file", () => {
  it.each([
    ['a directory', [{ type: 'file' }], 'it is no file'],
    ['a submodule', { type: 'submodule', sha: 'a' }, 'it is no file'],
    ['larger than GitHub sends', { type: 'file', sha: 'a', encoding: 'none', content: '' }, 'larger than 1 MB'],
  ])('that is %s is a fault, never a missing file', async (_, answer, reason) => {
    gitHubServer().get(path).reply(200, answer);
    const { github } = apiAtTheEdge();

    expect((await rejection(github.organizationFile(repository, 'planwright.yml'))).message).toContain(reason);
  });

  it('is not hidden because a server error met the second question', async () => {
    gitHubServer().get(path).reply(404, {}).get('/repos/acme/.github').times(4).reply(502, {});
    const { github } = apiAtTheEdge();

    expect((await rejection(github.organizationFile(repository, 'planwright.yml'))).message).toContain('502');
  });
});
