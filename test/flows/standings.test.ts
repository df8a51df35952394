import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Probot } from 'probot';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system-clock.ts';
import { gitCheckout } from '../../src/adapters/git/git-checkout.ts';
import { gitHubApi } from '../../src/adapters/github/github-api.ts';
import { installationClients } from '../../src/adapters/github/installation-clients.ts';
import type { ApprovalSource } from '../../src/domain/config/rule.ts';
import type { Person } from '../../src/domain/gate/people.ts';
import type { Standings } from '../../src/domain/gate/standing.ts';
import { commitSha, installationId, pullNumber, type Repository, repositoryId } from '../../src/domain/identity.ts';
import { findStandings, type StandingPorts } from '../../src/flows/find-standings.ts';
import type { GitHub } from '../../src/flows/ports/github.ts';
import { type SandboxGitHub, startGitHub } from '../../src/sandbox/github/github.ts';
import { openApiValidator } from '../sandbox/openapi-validator.ts';

const team = (slug: string) => ({ kind: 'team', slug }) as const;
const codeowners: ApprovalSource = { kind: 'codeowners' };

/** Repositories of acme, and what the flow finds out about the people there. */
class Town {
  readonly github: SandboxGitHub;
  readonly ports: StandingPorts & { readonly github: GitHub };
  readonly installation: number;
  readonly people = new Map<string, Person>();
  readonly close: () => Promise<void>;
  #repositories = 0;

  private constructor(parts: Pick<Town, 'github' | 'ports' | 'installation' | 'close'>) {
    this.github = parts.github;
    this.ports = parts.ports;
    this.installation = parts.installation;
    this.close = parts.close;
    for (const login of ['alice', 'bob', 'carol', 'dave', 'erin'])
      this.people.set(login, { id: this.github.createUser(login).id, login, bot: false });
  }

  static async found(permissions?: Readonly<Record<string, string>>): Promise<Town> {
    const directory = await mkdtemp(join(tmpdir(), 'pw-standings-'));
    const github = await startGitHub({ validator: openApiValidator() });
    const app = github.registerApp();
    github.createOrganisation('acme');
    const installation = github.installApp({ account: 'acme', ...(permissions && { permissions }) });
    const log = pino({ level: 'silent' });
    const probot = new Probot({
      appId: app.id,
      privateKey: app.privateKey ?? '',
      secret: 'unused',
      baseUrl: `${github.url}/api/v3`,
      log,
    });
    const clients = installationClients({ app: probot, throttled: false });
    const checkout = gitCheckout({
      directory,
      originUrl: ({ owner, name }) => `${github.url}/${owner}/${name}.git`,
      token: ({ installation, id }) => clients.installationToken(installation, id),
      log,
    });
    return new Town({
      github,
      installation: installation.id,
      ports: { github: gitHubApi({ ...clients, appId: app.id, log }), checkout, clock: systemClock },
      close: async () => {
        await checkout.close();
        await github.close();
        await rm(directory, { recursive: true, force: true });
      },
    });
  }

  person(login: string): Person {
    const person = this.people.get(login);
    if (person === undefined) throw new Error(`nobody here is ${login}`);
    return person;
  }

  /** A pull request by alice, and what is known of bob, carol, dave and erin there. */
  async standings(of: {
    readonly sources: readonly ApprovalSource[];
    readonly base?: Readonly<Record<string, string>>;
    readonly head?: Readonly<Record<string, string>>;
    /** What came to the base branch since. */
    readonly since?: Readonly<Record<string, string>>;
  }): Promise<Standings> {
    this.#repositories += 1;
    const repo = `acme/infra-${this.#repositories}` as const;
    const { github, ports } = this;
    const { id, sha } = await github.createRepository(repo, { files: { 'README.md': 'words\n', ...of.base } });
    for (const login of ['alice', 'bob', 'carol', 'dave']) github.grant(repo, login, 'write');
    github.grant(repo, 'erin', 'maintain');
    await github.push({ repo, branch: 'change', files: of.head ?? { 'README.md': 'other\n' }, author: 'alice' });
    const number = await github.openPullRequest({ repo, head: 'change', title: 'Change', author: 'alice' });
    const repository: Repository = {
      id: repositoryId(id),
      installation: installationId(this.installation),
      owner: 'acme',
      name: repo.slice('acme/'.length),
    };
    const pull = await ports.github.pullRequest(repository, pullNumber(number));
    if (pull === undefined) throw new Error('it was just opened');
    await ports.checkout.fetchCommit(repository, pull.head.sha);
    const people = ['bob', 'carol', 'dave', 'erin'].map((login) => this.person(login));
    const permissions = new Map(
      await Promise.all(
        people.map(async ({ login }) => [login, await ports.github.permission(repository, login)] as const),
      ),
    );
    const since = of.since && commitSha(await github.push({ repo, branch: 'main', files: of.since, author: 'alice' }));
    return findStandings(ports, [pull], {
      people,
      permissions,
      sources: of.sources,
      base: commitSha(sha),
      ...(since === undefined ? {} : { owners: since }),
    });
  }

  /** `path: owners who spoke`, in words. */
  async owned(
    base: Readonly<Record<string, string>>,
    head: Readonly<Record<string, string>>,
    since?: Readonly<Record<string, string>>,
  ): Promise<unknown> {
    const { ownedFiles } = await this.standings({ sources: [codeowners], base, head, ...(since && { since }) });
    if (ownedFiles.kind === 'unknown') return ownedFiles.reason;
    const loginOf = (id: number) => [...this.people.values()].find((person) => person.id === id)?.login;
    return Object.fromEntries(
      ownedFiles.files.map(({ path, owners, people }) => [path, { owners, people: [...people].map(loginOf) }]),
    );
  }
}

describe('who is one of whom a rule names', () => {
  let town: Town;
  beforeAll(async () => {
    town = await Town.found();
  });
  afterEach(() => expect(town.github.violations).toEqual([]));
  afterAll(() => town.close());

  it('is in the team now, or in a team below it; an invitation makes nobody a member', async () => {
    const { github } = town;
    github.createTeam('acme', 'sre', { members: ['bob'] });
    github.createTeam('acme', 'databases', { members: ['carol'], parent: 'sre' });
    github.inviteToTeam('acme', 'sre', 'dave');

    const standings = await town.standings({ sources: [team('sre')] });

    const kinds = ['bob', 'carol', 'dave', 'erin'].map((login) => standings.of(town.person(login), team('sre')).kind);
    expect(kinds).toEqual(['yes', 'yes', 'no', 'no']);
    expect(standings.size(team('sre'))).toBe(2);

    github.removeTeamMember('acme', 'sre', 'bob');
    const later = await town.standings({ sources: [team('SRE')] });
    expect(later.of(town.person('bob'), team('sre'))).toEqual({ kind: 'no' });
  });

  it('stays in it under another login, and whoever takes the old login does not come in', async () => {
    const { github } = town;
    github.createTeam('acme', 'renamed', { members: ['dave'] });
    github.renameUser('dave', 'david');
    const impostor = github.createUser('dave');

    const standings = await town.standings({ sources: [team('renamed')] });

    expect(standings.of({ ...town.person('dave'), login: 'david' }, team('renamed'))).toEqual({ kind: 'yes' });
    expect(standings.of({ id: impostor.id, login: 'dave', bot: false }, team('renamed'))).toEqual({ kind: 'no' });
  });

  it('is found in a team of more people than one answer holds', async () => {
    const { github } = town;
    const crowd = Array.from({ length: 120 }, (_, index) => github.createUser(`person-${index}`).login);
    github.createTeam('acme', 'crowd', { members: [...crowd, 'erin'] });

    const standings = await town.standings({ sources: [team('crowd')] });

    expect(standings.of(town.person('erin'), team('crowd'))).toEqual({ kind: 'yes' });
    expect(standings.of(town.person('bob'), team('crowd'))).toEqual({ kind: 'no' });
    expect(standings.size(team('crowd'))).toBeUndefined();
  });

  it('is nobody in a team that does not exist, and that is said', async () => {
    const standings = await town.standings({ sources: [team('gone')] });

    expect(standings.of(town.person('bob'), team('gone'))).toEqual({
      kind: 'unknown',
      reason: 'acme has no team gone',
    });
    expect(standings.size(team('gone'))).toBe(0);
  });

  it('is the user in any letter case, and has the role or a higher one', async () => {
    const standings = await town.standings({ sources: [] });
    const is = (login: string, source: Exclude<ApprovalSource, { kind: 'codeowners' | 'team' }>) =>
      standings.of(town.person(login), source).kind;

    expect(is('bob', { kind: 'user', login: 'BOB' })).toBe('yes');
    expect(is('carol', { kind: 'user', login: 'bob' })).toBe('no');
    expect(is('erin', { kind: 'role', role: 'write' })).toBe('yes');
    expect(is('erin', { kind: 'role', role: 'maintain' })).toBe('yes');
    expect(is('bob', { kind: 'role', role: 'maintain' })).toBe('no');
    expect(is('alice', { kind: 'role', role: 'write' })).toBe('unknown');
    expect(standings.size({ kind: 'user', login: 'bob' })).toBe(1);
  });
});

describe('who owns the changed files', () => {
  let town: Town;
  beforeAll(async () => {
    town = await Town.found();
    town.github.createTeam('acme', 'web', { members: ['carol'] });
  });
  afterEach(() => expect(town.github.violations).toEqual([]));
  afterAll(() => town.close());

  it('is told of each file by the base branch, whatever the head says', async () => {
    const owned = await town.owned(
      { '.github/CODEOWNERS': '/apps/ @bob @acme/web\n/apps/free\n', 'apps/a.yaml': '1\n' },
      {
        '.github/CODEOWNERS': '* @alice\n',
        'apps/a.yaml': '2\n',
        'apps/b/c.yaml': '3\n',
        'apps/free': '4\n',
        'notes.md': '5\n',
      },
    );

    expect(owned).toEqual({
      'apps/a.yaml': { owners: ['@bob', '@acme/web'], people: ['bob', 'carol'] },
      'apps/b/c.yaml': { owners: ['@bob', '@acme/web'], people: ['bob', 'carol'] },
    });
  });

  it.each([
    ['a team of another organization', '@emca/web'],
    ['a team that does not exist', '@acme/gone'],
    ['an e-mail address, which GitHub resolves for nobody', 'bob@example.test'],
  ])('is nobody for %s, and the file still needs an owner', async (_, owner) => {
    const owned = await town.owned({ CODEOWNERS: `* ${owner}\n` }, { 'a.yaml': '1\n' });

    expect(owned).toEqual({ 'a.yaml': { owners: [owner], people: [] } });
  });

  it('is read from the first of the three places', async () => {
    const owned = await town.owned({ 'docs/CODEOWNERS': '* @carol\n', CODEOWNERS: '* @bob\n' }, { 'a.yaml': '1\n' });

    expect(owned).toEqual({ 'a.yaml': { owners: ['@bob'], people: ['bob'] } });
  });

  it('is whoever the base branch names now, where it has moved on since', async () => {
    const owned = await town.owned({ CODEOWNERS: '* @bob\n' }, { 'a.yaml': '1\n' }, { CODEOWNERS: '* @carol\n' });

    expect(owned).toEqual({ 'a.yaml': { owners: ['@carol'], people: ['carol'] } });
  });

  it('is nobody where there is no such file', async () => {
    expect(await town.owned({}, { 'a.yaml': '1\n' })).toEqual({});
  });

  it('is unknown where the file cannot be read as GitHub reads it', async () => {
    expect(await town.owned({ CODEOWNERS: '/a\\*b @bob\n' }, { 'a.yaml': '1\n' })).toBe(
      'CODEOWNERS, line 1: "/a\\\\*b": "\\" may stand before a space only',
    );
    expect(await town.owned({ CODEOWNERS: '#'.repeat(3 * 1024 * 1024 + 1) }, { 'a.yaml': '1\n' })).toBe(
      'CODEOWNERS is larger than 3 MB, which GitHub does not load',
    );
  });

  it('is not looked up where no rule asks for code owners', async () => {
    const { ownedFiles } = await town.standings({ sources: [team('web')], base: { CODEOWNERS: '* @bob\n' } });

    expect(ownedFiles).toEqual({ kind: 'known', files: [] });
  });
});

describe('an installation that may not read members', () => {
  it('makes every team unknown, with the permission that is missing, and nothing else', async () => {
    const town = await Town.found({ metadata: 'read', contents: 'read', pull_requests: 'read' });
    town.github.createTeam('acme', 'sre', { members: ['bob'] });

    const standings = await town.standings({ sources: [team('sre')] });

    expect(standings.of(town.person('bob'), team('sre'))).toMatchObject({
      kind: 'unknown',
      reason: expect.stringContaining('Accept the permissions that the app asks for'),
    });
    expect(standings.size(team('sre'))).toBeUndefined();
    expect(standings.of(town.person('bob'), { kind: 'user', login: 'bob' })).toEqual({ kind: 'yes' });
    await town.close();
  });
});
