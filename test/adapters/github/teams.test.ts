import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InstallationUnusable } from '../../../src/flows/ports/github.ts';
import { apiAtTheEdge, gitHubServer, rejection, repository } from './edge.ts';

beforeEach(() => {
  nock.disableNetConnect();
});

afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const members = '/orgs/acme/teams/sre/members?per_page=100';
const account = (id: number) => ({ id, login: `person-${id}`, type: 'User' });

describe('a team', () => {
  it('of a hundred people may have more, and says so', async () => {
    const people = Array.from({ length: 100 }, (_, index) => account(index + 1));
    gitHubServer().get(members).reply(200, people);
    const { github } = apiAtTheEdge();

    expect(await github.team(repository, 'sre')).toMatchObject({ complete: false, people: { size: 100 } });
  });

  it('that the app may not read is no missing team: the rejection says which permission to accept', async () => {
    gitHubServer()
      .get(members)
      .reply(
        403,
        { message: 'Resource not accessible by integration' },
        { 'x-accepted-github-permissions': 'members=read' },
      );
    const { github } = apiAtTheEdge();

    const fault = await rejection(github.team(repository, 'sre'));

    expect(fault).toBeInstanceOf(InstallationUnusable);
    expect(fault.message).toContain('(needed: members=read)');
  });

  it('whose answer is no list of accounts is a fault, never an empty team', async () => {
    gitHubServer()
      .get(members)
      .reply(200, [{ login: 'nobody' }]);
    const { github } = apiAtTheEdge();

    expect((await rejection(github.team(repository, 'sre'))).message).toContain('the answer could not be used');
  });
});

describe('membership', () => {
  it('is not what a server error leaves unsaid', async () => {
    gitHubServer().get('/orgs/acme/teams/sre/memberships/alice').times(4).reply(502, {});
    const { github } = apiAtTheEdge();

    expect((await rejection(github.isTeamMember(repository, 'sre', 'alice'))).message).toContain('502');
  });
});
