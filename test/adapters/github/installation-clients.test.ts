import { generateKeyPairSync } from 'node:crypto';
import { Writable } from 'node:stream';
import nock from 'nock';
import { pino } from 'pino';
import { createProbot } from 'probot';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { gitHubApi } from '../../../src/adapters/github/github-api.ts';
import { installationClients } from '../../../src/adapters/github/installation-clients.ts';
import { ThrottledOctokit } from '../../../src/adapters/github/throttled-octokit.ts';
import { installationId, pullNumber, repositoryId } from '../../../src/domain/identity.ts';
import { InstallationUnusable } from '../../../src/flows/ports/github.ts';
import { type SandboxGitHub, startGitHub } from '../../../src/sandbox/github/github.ts';
import { everythingAbout, rejection } from './edge.ts';

const opened: SandboxGitHub[] = [];

beforeAll(() => {
  // Whoever forgets GHE_HOST would call api.github.com.
  nock.disableNetConnect();
  nock.enableNetConnect('127.0.0.1');
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((sandbox) => sandbox.close()));
});

afterAll(() => {
  nock.enableNetConnect();
});

/** An app, reached as with GHE_HOST and GHE_PROTOCOL in the environment, and what it logs. */
async function connect({ privateKey }: { readonly privateKey?: string } = {}) {
  const sandbox = await startGitHub();
  opened.push(sandbox);
  const app = sandbox.registerApp();
  sandbox.createOrganisation('acme');
  const { id } = await sandbox.createRepository('acme/infra', { files: { 'a.yaml': 'a: 1\n' } });
  await sandbox.createRepository('acme/other', { files: { 'a.yaml': 'a: 1\n' } });
  const installation = sandbox.installApp({ account: 'acme' });

  let logged = '';
  const sink = new Writable({
    write(chunk, _, done) {
      logged += chunk;
      done();
    },
  });
  const log = pino({ level: 'trace' }, sink);
  const probot = createProbot({
    env: {
      APP_ID: String(app.id),
      PRIVATE_KEY: privateKey ?? app.privateKey ?? '',
      WEBHOOK_SECRET: 'unused',
      GHE_HOST: sandbox.host,
      GHE_PROTOCOL: 'http',
    },
    overrides: { Octokit: ThrottledOctokit, log },
  });
  const time = { ms: Date.now() };
  const clients = installationClients({ app: probot, now: () => time.ms });
  return {
    sandbox,
    clients,
    time,
    github: gitHubApi({ ...clients, appId: app.id, log }),
    repository: { id: repositoryId(id), installation: installationId(installation.id), owner: 'acme', name: 'infra' },
    logged: () => logged,
    tokensMade: () => sandbox.requests.filter(({ path }) => path.endsWith('/access_tokens')).length,
  };
}

describe('the client of an installation', () => {
  it('is one, works with GHE_HOST, and uses its token again', async () => {
    const { clients, github, repository, tokensMade } = await connect();

    const client = await clients.octokitFor(repository.installation);
    expect(await clients.octokitFor(repository.installation)).toBe(client);
    expect(await github.repository(repository.installation, repository.id)).toEqual(repository);
    expect(await github.openPullRequests(repository, {})).toEqual([]);
    expect(tokensMade()).toBe(1);
  });

  it('gets a new token before the old one expires', async () => {
    const { github, repository, time, tokensMade } = await connect();

    await github.openPullRequests(repository, {});
    time.ms += 54 * 60_000;
    await github.openPullRequests(repository, {});
    expect(tokensMade()).toBe(1);
    time.ms += 2 * 60_000;
    await github.openPullRequests(repository, {});
    expect(tokensMade()).toBe(2);
  });

  it('gets a new token when GitHub refuses the old one', async () => {
    const { sandbox, github, repository } = await connect();

    await github.openPullRequests(repository, {});
    sandbox.expireTokens();

    expect(await github.openPullRequests(repository, {})).toEqual([]);
  });

  it('says what to do about a suspended installation, and works once that is done', async () => {
    const { sandbox, github, repository } = await connect();
    sandbox.setInstallationSuspended(repository.installation, true);

    const unusable = await rejection(github.pullRequest(repository, pullNumber(1)));
    expect(unusable).toBeInstanceOf(InstallationUnusable);
    expect(unusable.message).toContain('Unsuspend');

    sandbox.setInstallationSuspended(repository.installation, false);
    expect(await github.pullRequest(repository, pullNumber(1))).toBeUndefined();
  });

  it('does not take a deleted installation for a missing pull request or permission', async () => {
    const { sandbox, github, repository } = await connect();
    sandbox.revokeInstallation(repository.installation);

    expect(await rejection(github.pullRequest(repository, pullNumber(1)))).toBeInstanceOf(InstallationUnusable);
    expect(await rejection(github.permission(repository, 'acme'))).toBeInstanceOf(InstallationUnusable);
    expect(await rejection(github.repository(repository.installation, repository.id))).toBeInstanceOf(
      InstallationUnusable,
    );
  });

  it('says what to do about a wrong private key', async () => {
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    });
    const { github, clients, repository } = await connect({ privateKey });

    const unusable = await rejection(github.pullRequest(repository, pullNumber(1)));
    expect(unusable).toBeInstanceOf(InstallationUnusable);
    expect(unusable.message).toContain('PRIVATE_KEY');
    expect(await rejection(clients.appSlug())).toBeInstanceOf(InstallationUnusable);
  });
});

describe('a token for git', () => {
  it('reads the one repository and nothing else', async () => {
    const { sandbox, clients, repository } = await connect();
    const token = await clients.installationToken(repository.installation, repository.id);
    const status = async (path: string, init: RequestInit = {}) => {
      const headers = { authorization: `token ${token}`, 'content-type': 'application/json' };
      const response = await fetch(`${sandbox.url}/api/v3${path}`, { ...init, headers });
      return response.status;
    };

    expect(await status('/repos/acme/infra/contents/a.yaml')).toBe(200);
    expect(await status('/repos/acme/other/contents/a.yaml')).toBe(404);
    const issue = { method: 'POST', body: JSON.stringify({ title: 'no' }) };
    expect(await status('/repos/acme/infra/issues', issue)).toBe(403);
  });

  it('is used again until five minutes before it expires, also when asked for at once', async () => {
    const { clients, repository, time, tokensMade } = await connect();
    const ask = () => clients.installationToken(repository.installation, repository.id);

    const [first, second] = await Promise.all([ask(), ask()]);
    expect(second).toBe(first);
    time.ms += 54 * 60_000;
    expect(await ask()).toBe(first);
    expect(tokensMade()).toBe(1);
    time.ms += 2 * 60_000;
    expect(await ask()).not.toBe(first);
  });

  it('is refused with a reason for a repository outside the installation, and asked for anew afterwards', async () => {
    const { clients, repository } = await connect();
    const elsewhere = repositoryId(987_654_321);

    const unusable = await rejection(clients.installationToken(repository.installation, elsewhere));
    expect(unusable).toBeInstanceOf(InstallationUnusable);
    expect(unusable.message).toContain('POST /app/installations/{installation_id}/access_tokens');
    expect(await rejection(clients.installationToken(repository.installation, elsewhere))).not.toBe(unusable);
  });

  it('stands in no log and no error', async () => {
    const { sandbox, clients, github, repository, logged } = await connect();
    const gitToken = await clients.installationToken(repository.installation, repository.id);
    await github.openPullRequests(repository, {});
    const seen: string[] = [];
    const client = await clients.octokitFor(repository.installation);
    client.hook.error('request', (error) => {
      seen.push(everythingAbout(error));
      throw error;
    });
    sandbox.failNext({ method: 'GET', path: /\/pulls\/1$/, status: 422, body: { message: 'Validation Failed' } });
    const fault = await rejection(github.pullRequest(repository, pullNumber(1)));

    const written = [logged(), everythingAbout(fault), ...seen].join('\n');
    expect(written).toContain('/repos/acme/infra/pulls');
    expect(gitToken.length).toBeGreaterThan(10);
    expect(written).not.toContain(gitToken);
    expect(written).not.toMatch(/ghs_\w|-----BEGIN|eyJ[\w-]+\.eyJ/);
  });
});
