import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acme, client, freshJwt, infra, jwt, proposeTwoReplicas, type Setting } from './setting.ts';

let setting: Setting;

beforeEach(async () => {
  setting = await acme();
});

afterEach(async () => {
  expect(setting.github.violations).toEqual([]);
  await setting.github.close();
});

test('an app proves itself with a JWT signed by its key', async () => {
  const { data } = await client(setting.github, freshJwt(setting)).rest.apps.getAuthenticated();
  expect(data).toMatchObject({ id: setting.appId, slug: 'planwright' });
});

test('a JWT signed by another key is refused', async () => {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const forged = client(setting.github, freshJwt({ ...setting, privateKey }));
  await expect(forged.rest.apps.getAuthenticated()).rejects.toMatchObject({ status: 401 });
});

test('a key pair is made for an app that brings none', async () => {
  const { id, privateKey } = setting.github.registerApp({ slug: 'second' });
  const own = client(setting.github, freshJwt({ ...setting, appId: id, privateKey: privateKey ?? '' }));
  expect((await own.rest.apps.getAuthenticated()).data?.slug).toBe('second');
});

test('an expired JWT and one that is valid for more than ten minutes are refused', async () => {
  const nowSeconds = Math.floor(Date.now() / 1000);
  for (const expirySeconds of [-5, 3600]) {
    const token = jwt(
      { iss: setting.appId, iat: nowSeconds - 60, exp: nowSeconds + expirySeconds },
      setting.privateKey,
    );
    await expect(client(setting.github, token).rest.apps.getAuthenticated()).rejects.toMatchObject({ status: 401 });
  }
});

test('an app lists its installations and finds the one of a repository', async () => {
  const asApp = client(setting.github, freshJwt(setting));
  const { data: all } = await asApp.rest.apps.listInstallations();
  expect(all.map(({ id, account }) => [id, account && 'login' in account ? account.login : null])).toEqual([
    [setting.installationId, 'acme'],
  ]);
  const { data: one } = await asApp.rest.apps.getRepoInstallation(infra);
  expect(one.id).toBe(setting.installationId);
});

test('an installation token made over HTTP reads what the installation covers, and lives an hour', async () => {
  const { data } = await client(setting.github, freshJwt(setting)).rest.apps.createInstallationAccessToken({
    installation_id: setting.installationId,
  });
  const lifeMs = new Date(data.expires_at).getTime() - Date.now();
  expect(lifeMs).toBeGreaterThan(3_500_000);
  expect(lifeMs).toBeLessThanOrEqual(3_600_000);
  const { data: seen } = await client(setting.github, data.token).rest.apps.listReposAccessibleToInstallation();
  expect(seen.repositories.map((repository) => repository.full_name)).toEqual(['acme/infra']);
});

test('a token narrowed to one repository does not see another', async () => {
  await setting.github.createRepository('acme/other');
  const { data } = await client(setting.github, freshJwt(setting)).rest.apps.createInstallationAccessToken({
    installation_id: setting.installationId,
    repositories: ['other'],
    permissions: { contents: 'read' },
  });
  const narrow = client(setting.github, data.token);
  expect((await narrow.rest.repos.get({ owner: 'acme', repo: 'other' })).data.name).toBe('other');
  await expect(narrow.rest.repos.get(infra)).rejects.toMatchObject({ status: 404 });
  await expect(narrow.rest.issues.create({ owner: 'acme', repo: 'other', title: 'No' })).rejects.toMatchObject({
    status: 403,
  });
});

test('a token with more permissions than the installation has is refused', async () => {
  const asked = client(setting.github, freshJwt(setting)).rest.apps.createInstallationAccessToken({
    installation_id: setting.installationId,
    permissions: { administration: 'write' },
  });
  await expect(asked).rejects.toMatchObject({ status: 422 });
});

test('unknown, expired and missing credentials are 401', async () => {
  setting.github.expireTokens();
  for (const octokit of [client(setting.github, 'ghs_unknown'), setting.app, client(setting.github, '')]) {
    await expect(octokit.rest.repos.get(infra)).rejects.toMatchObject({ status: 401 });
  }
});

test('a suspended installation is told so until it is active again', async () => {
  setting.github.setInstallationSuspended(setting.installationId, true);
  await expect(setting.app.rest.repos.get(infra)).rejects.toMatchObject({
    status: 403,
    message: expect.stringContaining('This installation has been suspended'),
  });
  setting.github.setInstallationSuspended(setting.installationId, false);
  expect((await setting.app.rest.repos.get(infra)).status).toBe(200);
});

test("a revoked installation's token is worthless and the installation is gone", async () => {
  setting.github.revokeInstallation(setting.installationId);
  await expect(setting.app.rest.repos.get(infra)).rejects.toMatchObject({ status: 401 });
  await expect(
    client(setting.github, freshJwt(setting)).rest.apps.getInstallation({ installation_id: setting.installationId }),
  ).rejects.toMatchObject({ status: 404 });
});

test('a private repository outside the installation does not exist for it; a public one can be read and not written', async () => {
  await setting.github.createRepository('carol/secret');
  await setting.github.createRepository('carol/open', { private: false });
  await expect(setting.app.rest.repos.get({ owner: 'carol', repo: 'secret' })).rejects.toMatchObject({ status: 404 });
  expect((await setting.app.rest.repos.get({ owner: 'carol', repo: 'open' })).data.private).toBe(false);
  await expect(setting.app.rest.issues.create({ owner: 'carol', repo: 'open', title: 'No' })).rejects.toMatchObject({
    status: 403,
  });
});

test('people are held to their level: outsiders see nothing, writers do not administer checks', async () => {
  await expect(setting.as('carol').rest.repos.get(infra)).rejects.toMatchObject({ status: 404 });
  const sha = await setting.github.branchSha('acme/infra', 'main');
  await expect(
    setting.as('alice').rest.checks.create({ ...infra, name: 'forged', head_sha: sha, status: 'queued' }),
  ).rejects.toMatchObject({ status: 403 });
});

test('a renamed repository answers its old name with a redirect that clients follow', async () => {
  const { number } = await proposeTwoReplicas(setting.github);
  setting.github.renameRepository('acme/infra', 'platform');
  const answer = await fetch(`${setting.github.url}/api/v3/repos/acme/infra`, {
    headers: { authorization: 'token user:bob' },
    redirect: 'manual',
  });
  expect(answer.status).toBe(301);
  expect((await setting.app.rest.pulls.get({ ...infra, pull_number: number })).data.base.repo.full_name).toBe(
    'acme/platform',
  );
});

test('every request is logged with who made it', async () => {
  await setting.app.rest.repos.get(infra);
  await setting.as('alice').rest.users.getAuthenticated();
  expect(setting.github.requests.map(({ method, path, status, who }) => [method, path, status, who])).toEqual([
    ['GET', '/repos/acme/infra', 200, `installation:${setting.installationId}`],
    ['GET', '/user', 200, 'user:alice'],
  ]);
});
